package io.vduse4j.nbd.client;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.BackendProvider;
import java.io.IOException;

/** {@code nbd+unix:///EXPORT?socket=PATH}: a volume on an NBD server of this host. */
public final class NbdUnixProvider implements BackendProvider {

    /** Made by the service loader. */
    public NbdUnixProvider() {}

    @Override
    public String scheme() {
        return NbdAddress.UNIX;
    }

    @Override
    public String summary() {
        return "an export of an NBD server on this host: nbd+unix:///EXPORT?socket=PATH";
    }

    @Override
    public Backend open(String rest, BackendOptions options) throws IOException {
        return NbdBackend.open(scheme() + ":" + rest, options);
    }
}
