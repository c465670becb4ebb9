package io.vduse4j.peers;

import io.vduse4j.block.Backend;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Timeout;

/** Our NBD client on the servers of others: what every backend must hold. */
@Timeout(180)
class NbdClientPeersTest {

    /** On a server that a subclass starts. */
    abstract static class OnServer extends BackendContract {
        private ServerProcess server;

        abstract String[] command(Path folder, Path socket) throws IOException;

        @Override
        protected Backend create(Path directory) throws Exception {
            var socket = directory.resolve("s");
            server = ServerProcess.start(directory, socket, command(directory, socket));
            return Backends.open("nbd+unix:///?socket=" + socket, BackendOptions.NONE);
        }

        @AfterEach
        void stop() throws Exception {
            backend().close();
            server.kill();
        }
    }

    @Nested
    class Nbdkit extends OnServer {
        @Override
        String[] command(Path folder, Path socket) {
            return new String[] {"nbdkit", "-f", "-U", socket.toString(), "memory", "8M"};
        }
    }

    /** Without FUA, and with blocks of 4096 bytes that must not be undercut. */
    @Nested
    class NbdkitWithLargeBlocks extends OnServer {
        @Override
        String[] command(Path folder, Path socket) {
            return new String[] {
                "nbdkit",
                "-f",
                "-U",
                socket.toString(),
                "--filter=blocksize-policy",
                "--filter=fua",
                "memory",
                "8M",
                "blocksize-minimum=4096",
                "blocksize-preferred=4096",
                "blocksize-maximum=1M",
                "blocksize-error-policy=error"
            };
        }
    }

    @Nested
    class QemuNbd extends OnServer {
        @Override
        String[] command(Path folder, Path socket) throws IOException {
            Files.write(folder.resolve("image"), new byte[8 << 20]);
            return new String[] {
                "qemu-nbd",
                "--persistent",
                "--shared=4",
                "--format=raw",
                "--discard=unmap",
                "--socket=" + socket,
                folder.resolve("image").toString()
            };
        }
    }
}
