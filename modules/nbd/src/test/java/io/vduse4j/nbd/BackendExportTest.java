package io.vduse4j.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Extent;
import io.vduse4j.block.FilterBackend;
import io.vduse4j.block.SimpleBackend;
import io.vduse4j.block.SimpleBackends;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.nbd.RawClient.Simple;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.CommandFlag;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A volume behind a server. */
@Timeout(60)
class BackendExportTest {
    private static final int MOST = NbdLimits.MAX_PAYLOAD;

    @TempDir
    Path folder;

    private interface Use {
        void with(RawClient client) throws Exception;
    }

    private void serve(Backend volume, Use use) throws Exception {
        serve(volume, RawClient::begun, use);
    }

    private interface Connect {
        RawClient to(SocketAddress address, String name) throws Exception;
    }

    private void serve(Backend volume, Connect connect, Use use) throws Exception {
        try (volume;
                var export = new BackendExport(volume, 3);
                var server = NbdServer.listen(folder.resolve("s"), NbdLimits.DEFAULT)) {
            server.add("disk", export);
            try (var client = connect.to(server.address(), "disk")) {
                use.with(client);
            }
        }
    }

    /** Storage that takes four mebibytes at once, on threads of its own. */
    private static class Heap implements SimpleBackend {
        private final byte[] bytes = new byte[MOST + 4096];
        private volatile int errno;

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, MemorySegment into) throws IOException {
            check();
            MemorySegment.copy(MemorySegment.ofArray(bytes), offset, into, 0, into.byteSize());
        }

        @Override
        public void write(long offset, MemorySegment from) throws IOException {
            check();
            MemorySegment.copy(from, 0, MemorySegment.ofArray(bytes), offset, from.byteSize());
        }

        private void check() throws LinuxException {
            if (errno != 0) {
                throw new LinuxException("test", "heap", errno);
            }
        }

        @Override
        public void flush() throws IOException {
            check();
        }
    }

    @Test
    void requestsLongerThanTheVolumeTakesAreCut() throws Exception {
        var data = new byte[MOST];
        new Random(1).nextBytes(data);
        serve(SimpleBackends.adapt(new Heap(), "heap", 2, MemoryBudget.process()), client -> {
            client.write(0, 1, 512, data);
            assertThat(client.simple()).isEqualTo(new Simple(0, 1));
            client.request(Command.READ, 0, 2, 512, MOST);
            assertThat(client.simple()).isEqualTo(new Simple(0, 2));
            assertThat(client.bytes(MOST)).isEqualTo(data);
        });
    }

    @Test
    void zeroesAndTrimsLongerThanTheVolumeTakesAreCut() throws Exception {
        var last = (256 << 20) - 512L;
        serve(Backends.open("memory:256M", BackendOptions.NONE), client -> {
            client.write(0, 1, last, filled(512));
            client.simple();
            client.request(Command.WRITE_ZEROES, CommandFlag.NO_HOLE, 2, 512, last);
            assertThat(client.simple()).isEqualTo(new Simple(0, 2));
            client.request(Command.READ, 0, 3, last, 512);
            client.simple();
            assertThat(client.bytes(512)).containsOnly(0);
            client.request(Command.TRIM, 0, 4, 0, 256 << 20);
            assertThat(client.simple()).isEqualTo(new Simple(0, 4));
        });
    }

    private static byte[] filled(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aStableTrimIsFlushed() throws Exception {
        var flushes = new AtomicInteger();
        var volume = new FilterBackend(Backends.open("memory:1M", BackendOptions.NONE)) {
            @Override
            public void flush() {
                flushes.incrementAndGet();
            }
        };
        serve(volume, client -> {
            client.request(Command.TRIM, 0, 1, 0, 4096);
            client.simple();
            assertThat(flushes).hasValue(0);
            client.request(Command.TRIM, CommandFlag.FUA, 2, 0, 4096);
            assertThat(client.simple()).isEqualTo(new Simple(0, 2));
            assertThat(flushes).hasValue(1);
            client.request(Command.FLUSH, 0, 3, 0, 0);
            assertThat(client.simple()).isEqualTo(new Simple(0, 3));
            assertThat(flushes).hasValue(2);
        });
    }

    @Test
    void errorsOfTheVolumeReachTheClient() throws Exception {
        var heap = new Heap();
        serve(SimpleBackends.adapt(heap, "heap", 1, MemoryBudget.process()), client -> {
            heap.errno = Errno.ENOSPC;
            client.write(0, 1, 0, filled(512));
            assertThat(client.simple()).isEqualTo(new Simple(Errno.ENOSPC, 1));
            client.request(Command.FLUSH, 0, 2, 0, 0);
            assertThat(client.simple()).isEqualTo(new Simple(Errno.EIO, 2));
            heap.errno = 0;
            client.request(Command.FLUSH, 0, 3, 0, 0);
            assertThat(client.simple()).as("a lost flush is final (DU-05)").isEqualTo(new Simple(Errno.EIO, 3));
        });
    }

    @Test
    void holesOfTheVolumeAreTold() throws Exception {
        int half = 512 << 10;
        serve(Backends.open("memory:1M", BackendOptions.NONE), RawClient::structured, client -> {
            client.write(0, 1, half, filled(4096));
            client.simple();
            client.request(Command.BLOCK_STATUS, 0, 2, 0, 1 << 20);
            assertThat(client.part().extents()).containsExactly(half, 3, 4096, 0, half - 4096, 3);
            client.request(Command.BLOCK_STATUS, CommandFlag.REQ_ONE, 3, half, half);
            assertThat(client.part().extents()).containsExactly(4096, 0);
        });
    }

    @Test
    void moreExtentsThanAReplyTakesAreAskedForAgain() throws Exception {
        int size = 8 << 20;
        serve(Backends.open("memory:8M", BackendOptions.NONE), RawClient::structured, client -> {
            for (int page = 0; page < size / 4096; page += 2) {
                client.write(0, 1, page * 4096L, filled(4096));
                client.simple();
            }
            client.request(Command.BLOCK_STATUS, 0, 2, 0, size);
            assertThat(client.part().extents()).hasSize(2 * NbdExtents.MOST).startsWith(4096, 0, 4096, 3);
        });
    }

    @Test
    void aStatusThatFailsOrIsRubbishIsAnError() throws Exception {
        var answers = new ArrayDeque<Callable<Extent>>();
        var volume = new FilterBackend(Backends.open("memory:1M", BackendOptions.NONE)) {
            @Override
            public Extent extent(long offset, long length) throws IOException {
                try {
                    return answers.remove().call();
                } catch (IOException | RuntimeException failure) {
                    throw failure;
                } catch (Exception impossible) {
                    throw new AssertionError(impossible);
                }
            }
        };
        serve(volume, RawClient::structured, client -> {
            answers.add(() -> {
                throw new LinuxException("test", "extents", Errno.ENOMEM);
            });
            client.request(Command.BLOCK_STATUS, 0, 1, 0, 512);
            assertThat(client.part().buffer().getInt()).isEqualTo(Errno.ENOMEM);
            answers.add(() -> {
                throw new IllegalStateException("a fault of the backend");
            });
            client.request(Command.BLOCK_STATUS, 0, 2, 0, 512);
            assertThat(client.part().buffer().getInt()).isEqualTo(Errno.EIO);
            answers.add(() -> new Extent(1L << 40, false, true));
            client.request(Command.BLOCK_STATUS, 0, 3, 0, 1024);
            assertThat(client.part().extents()).containsExactly(1024, 2);
        });
    }

    @Test
    void atLeastOneWorker() throws Exception {
        try (var volume = Backends.open("memory:1M", BackendOptions.NONE)) {
            assertThatThrownBy(() -> new BackendExport(volume, 0).close()).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
