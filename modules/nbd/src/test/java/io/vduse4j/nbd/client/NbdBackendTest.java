package io.vduse4j.nbd.client;

import io.vduse4j.block.Backend;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.nbd.BackendExport;
import io.vduse4j.nbd.NbdLimits;
import io.vduse4j.nbd.NbdServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** The contract of backends, held by our client on our server. */
@Timeout(120)
class NbdBackendTest extends BackendContract {
    private Backend volume;
    private BackendExport export;
    private NbdServer server;

    @Override
    protected Backend create(Path directory) throws Exception {
        volume = Backends.open("memory:8M", BackendOptions.NONE);
        export = new BackendExport(volume, 2);
        server = NbdServer.listen(directory.resolve("s"), NbdLimits.DEFAULT);
        server.add("disk", export);
        return Backends.open(server.uri("disk"), BackendOptions.NONE);
    }

    @AfterEach
    void stop() throws Exception {
        backend().close();
        server.close();
        export.close();
        volume.close();
    }
}
