package io.vduse4j.guest;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.host.linux.LinuxHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The program of {@link UnprivilegedTest}: serves the device whose descriptor it receives, until its peer goes. */
final class UnprivilegedServer {
    /** The disk that it serves. */
    static final String BACKEND = "memory:64M";

    /** How it shows itself. */
    static final BlkOptions OPTIONS = new BlkOptions("unprivileged", 2, 128, "");

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private UnprivilegedServer() {}

    /**
     * Serves.
     *
     * @param args the path of the socket from which the descriptor comes
     */
    public static void main(String[] args) throws Exception {
        try (var peer = UnixSocket.connect(Path.of(args[0]), LONGEST)) {
            var fd = peer.receive(ByteBuffer.allocate(1), 1, LONGEST)
                    .descriptors()
                    .getFirst();
            try (var backend = Backends.open(BACKEND, BackendOptions.NONE);
                    var disk = new VirtioBlk(backend, OPTIONS, MemoryBudget.process());
                    var node = new VduseDevice(LinuxHost.adopt(fd), OPTIONS.name(), OPTIONS.queues());
                    var pool = new WorkerPool(1, 0);
                    var server = new VduseServer(node, disk, pool, ServeOptions.DEFAULT)) {
                peer.send(ByteBuffer.allocate(1), List.of(), LONGEST);
                peer.receive(ByteBuffer.allocate(1), 0, LONGEST);
                System.out.println("served until status " + server.status());
            }
        }
    }
}
