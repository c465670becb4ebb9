package io.vduse4j.backend.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.IoRing;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A write that the kernel throttles does not hold up the other devices of its worker. */
class SharedWorkerTest {
    private static final int BLOCK = 4096;

    @TempDir
    private Path folder;

    private final Arena arena = Arena.ofAuto();
    private Path image = Path.of("/");

    @BeforeEach
    void make() throws Exception {
        image = Files.write(folder.resolve("image"), new byte[4 * BLOCK]);
        try (var file = Fd.open(image.toString(), OpenFlags.O_RDWR)) {
            IoRing.create(1, file).close();
            Assumptions.assumeTrue(IoWay.of(file, false) == IoWay.AT_HAND, "writes here cannot be throttled");
        } catch (LinuxException problem) {
            Assumptions.abort("io_uring is missing here: " + problem.getMessage());
        }
    }

    private Request write(int value) {
        MemorySegment data = arena.allocate(BLOCK, BLOCK).fill((byte) value);
        var request = new Request();
        request.op = Request.Op.WRITE;
        request.offset = BLOCK;
        request.length = BLOCK;
        request.iov = arena.allocate(Iovecs.BYTES, 16).address();
        request.iovCount = 1;
        Iovecs.set(request.iov, 0, data.address(), BLOCK);
        return request;
    }

    private byte[] written() throws Exception {
        byte[] bytes = Files.readAllBytes(image);
        return new byte[] {bytes[BLOCK - 1], bytes[BLOCK], bytes[2 * BLOCK - 1], bytes[2 * BLOCK]};
    }

    @Test
    void itGoesToTheRingWhileOthersWait() throws Exception {
        try (var backend = Backends.open(image.toString(), BackendOptions.NONE);
                var worker = new Worker(backend, 4)) {
            worker.submit(0, write(1));
            assertThat(worker.hasEnded(0)).as("nobody waits").isTrue();
            assertThat(worker.await(0)).isZero();
            worker.serveOthers(true);
            worker.submit(0, write(2));
            assertThat(worker.hasEnded(0)).as("another device waits").isFalse();
            worker.flushSubmissions();
            assertThat(worker.await(0)).isZero();
            assertThat(written()).containsExactly(0, 2, 2, 0);
            worker.serveOthers(false);
            worker.submit(0, write(3));
            assertThat(worker.hasEnded(0)).as("it has gone").isTrue();
            assertThat(worker.await(0)).isZero();
            assertThat(written()).containsExactly(0, 3, 3, 0);
        }
    }
}
