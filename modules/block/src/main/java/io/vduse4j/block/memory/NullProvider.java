package io.vduse4j.block.memory;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.BackendProvider;
import java.io.IOException;
import java.util.Optional;

/** {@code null:SIZE}: reads zeroes, swallows writes. */
public final class NullProvider implements BackendProvider {

    /** Made by the service loader. */
    public NullProvider() {}

    @Override
    public String scheme() {
        return "null";
    }

    @Override
    public String summary() {
        return "reads zeroes and swallows writes, to measure everything but storage: null:1T";
    }

    @Override
    public Optional<String> identity(String rest) {
        return Optional.empty();
    }

    @Override
    public Backend open(String rest, BackendOptions options) throws IOException {
        return new NullBackend(VolatileSize.of(scheme(), rest, options));
    }
}
