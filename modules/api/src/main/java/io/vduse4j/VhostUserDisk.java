package io.vduse4j;

import io.vduse4j.block.Backend;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.SocketFile;
import io.vduse4j.vhostuser.VhostUserOptions;
import io.vduse4j.vhostuser.VhostUserServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A disk that virtual machine monitors find at a vhost-user socket; made by {@link Disk.Builder#listen}.
 *
 * <pre>{@code
 * try (var disk = Disk.named("db0").queues(2).listen(Path.of("/run/db0.sock"), backend)) {
 *     disk.awaitEnd(Duration.ofDays(1));
 * }
 * }</pre>
 */
public final class VhostUserDisk implements AutoCloseable {

    private final Disk.Builder wishes;
    private final Backend backend;
    private final SocketFile socket;
    private final VirtioBlk disk;
    private final WorkerPool pool;
    private final VhostUserServer server;

    VhostUserDisk(Disk.Builder wishes, SocketFile socket, Backend backend) throws IOException {
        this.wishes = wishes;
        this.backend = backend;
        this.socket = socket;
        try {
            disk = new VirtioBlk(backend, wishes.options(), MemoryBudget.process());
        } catch (IOException | RuntimeException e) {
            close(socket, e);
            throw e;
        }
        try {
            pool = wishes.pool(Long.MAX_VALUE);
            try {
                var options = new VhostUserOptions(wishes.options().name(), wishes.isPacked());
                server = VhostUserServer.listen(socket, disk, pool, options);
            } catch (IOException | RuntimeException e) {
                wishes.release(pool);
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            close(socket, e);
            close(disk, e);
            throw e;
        }
    }

    private static void close(AutoCloseable left, Exception e) {
        try {
            left.close();
        } catch (Exception late) {
            e.addSuppressed(late);
        }
    }

    /** Path of the socket. */
    public Path socket() {
        return socket.path();
    }

    /** Size now, in bytes. */
    public long size() {
        return backend.size();
    }

    /** Whether the rings of a monitor are served. */
    public boolean isInUse() {
        return server.session().isPresent();
    }

    /**
     * Waits until it is closed, or cannot be served any more.
     *
     * @param timeout longest wait
     * @return whether that has happened
     */
    public boolean awaitEnd(Duration timeout) throws InterruptedException {
        return server.awaitEnd(timeout);
    }

    /**
     * Lets the monitor go, finishes what is in flight, and removes the socket; within about ten seconds.
     *
     * @throws IOException ETIMEDOUT if the backend does not come back from a flush
     */
    @Override
    public void close() throws IOException {
        server.close();
        wishes.release(pool);
        disk.close();
    }
}
