package io.vduse4j.block.memory;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.BackendProvider;
import java.io.IOException;
import java.util.Optional;

/** {@code memory:SIZE}: a disk in memory, gone with the process. */
public final class MemoryProvider implements BackendProvider {

    /** Made by the service loader. */
    public MemoryProvider() {}

    @Override
    public String scheme() {
        return "memory";
    }

    @Override
    public String summary() {
        return "a disk in memory, gone with the process: memory:1G";
    }

    @Override
    public Optional<String> identity(String rest) {
        return Optional.empty();
    }

    @Override
    public Backend open(String rest, BackendOptions options) throws IOException {
        return new MemoryBackend(VolatileSize.of(scheme(), rest, options));
    }
}
