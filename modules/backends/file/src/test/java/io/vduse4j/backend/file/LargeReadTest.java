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
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What takes long to copy does not keep the worker from its queues, wherever the file lies. */
class LargeReadTest {
    private static final int BYTES = 4 << 20;
    private static final int LARGE = 1 << 20;

    @TempDir
    private Path folder;

    private final Arena arena = Arena.ofAuto();
    private final byte[] data = new byte[BYTES];
    private Path image = Path.of("/");

    private void write(boolean tmpfs) throws Exception {
        new Random(5).nextBytes(data);
        image = Files.createTempFile(tmpfs ? Path.of("/dev/shm") : folder, "vduse4j", ".img");
        Files.write(image, data);
        try (var file = Fd.open(image.toString(), OpenFlags.O_RDONLY)) {
            IoRing.create(1, file).close();
        } catch (LinuxException problem) {
            Assumptions.abort("io_uring is missing here: " + problem.getMessage());
        }
    }

    @AfterEach
    void remove() throws Exception {
        Files.deleteIfExists(image);
    }

    private Request read(MemorySegment target, long offset) {
        var request = new Request();
        request.op = Request.Op.READ;
        request.offset = offset;
        request.length = target.byteSize();
        request.iov = arena.allocate(Iovecs.BYTES, 16).address();
        request.iovCount = 1;
        Iovecs.set(request.iov, 0, target.address(), target.byteSize());
        return request;
    }

    private MemorySegment expected(long offset, long length) {
        return MemorySegment.ofArray(data).asSlice(offset, length);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void itIsCopiedAside(boolean tmpfs) throws Exception {
        write(tmpfs);
        var large = arena.allocate(LARGE, 4096);
        var small = arena.allocate(4096, 4096);
        try (var backend = Backends.open(image.toString(), BackendOptions.NONE);
                var worker = new Worker(backend, 4)) {
            worker.submit(0, read(large, LARGE));
            worker.submit(1, read(small, 8192));
            assertThat(worker.hasEnded(0)).as("the large one").isFalse();
            assertThat(worker.hasEnded(1)).as("the small one behind it").isTrue();
            worker.flushSubmissions();
            assertThat(worker.await(0)).isZero();
            assertThat(worker.await(1)).isZero();
        }
        assertThat(large.mismatch(expected(LARGE, LARGE))).isEqualTo(-1);
        assertThat(small.mismatch(expected(8192, 4096))).isEqualTo(-1);
    }
}
