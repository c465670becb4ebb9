package io.vduse4j.nbd.client;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.BackendProvider;
import java.io.IOException;

/** {@code nbd://HOST:PORT/EXPORT}: a volume on an NBD server. */
public final class NbdTcpProvider implements BackendProvider {

    /** Made by the service loader. */
    public NbdTcpProvider() {}

    @Override
    public String scheme() {
        return NbdAddress.TCP;
    }

    @Override
    public String summary() {
        return "an export of an NBD server: nbd://HOST:PORT/EXPORT, ?reconnect=60&timeout=120&connections=2";
    }

    @Override
    public Backend open(String rest, BackendOptions options) throws IOException {
        return NbdBackend.open(scheme() + ":" + rest, options);
    }
}
