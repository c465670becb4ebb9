package io.vduse4j.testkit.vhostuser;

import io.vduse4j.block.Backend;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.SocketFile;
import io.vduse4j.vhostuser.VhostUserOptions;
import io.vduse4j.vhostuser.VhostUserServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A disk behind a vhost-user socket, served by this process. */
final class UserRig implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);
    static final int QUEUES = 2;
    static final int SIZE = 64;
    static final long BYTES = 16 << 20;

    final Path folder;
    final Path path;
    final Backend backend;
    final VirtioBlk disk;
    final WorkerPool pool;
    final VhostUserServer server;

    UserRig() throws IOException {
        this(Backends.open("memory:16M", BackendOptions.NONE));
    }

    UserRig(Backend backend) throws IOException {
        this.backend = backend;
        folder = Files.createTempDirectory("vhost-user");
        path = folder.resolve("disk.sock");
        disk = new VirtioBlk(backend, new BlkOptions("rig", QUEUES, 256, "serial"), MemoryBudget.process());
        pool = new WorkerPool(2, 0);
        server = VhostUserServer.listen(SocketFile.listen(path), disk, pool, new VhostUserOptions("rig", true));
    }

    VhostUserFrontEnd connect() throws LinuxException {
        return VhostUserFrontEnd.connect(path, PATIENCE);
    }

    /** A front end whose two queues run. */
    VhostUserFrontEnd started() throws LinuxException {
        var frontEnd = connect();
        try {
            frontEnd.negotiate();
            frontEnd.start(QUEUES, SIZE, 0, 4);
            return frontEnd;
        } catch (LinuxException | RuntimeException e) {
            frontEnd.close();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        pool.close();
        disk.close();
        backend.close();
        Files.deleteIfExists(folder);
    }
}
