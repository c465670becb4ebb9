package io.vduse4j.backend.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.AtHand;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.IoRing;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the page cache is read at once; what is not holds nobody up. */
class UncachedReadTest {
    private static final int BYTES = 1 << 20;
    private static final int BLOCK = 4096;

    /** A read that may not wait still begins one, and a fast disk may be done with it before it is looked for. */
    private static final int IMAGES = 50;

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment data = arena.allocate(BYTES, BLOCK);
    private int images;

    UncachedReadTest() {
        var bytes = new byte[BYTES];
        new Random(3).nextBytes(bytes);
        data.copyFrom(MemorySegment.ofArray(bytes));
    }

    /** A new one, written past the page cache. */
    private String image() throws Exception {
        String image = folder.resolve("image" + images++).toString();
        int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_DIRECT;
        try (var file = Fd.open(image, flags)) {
            IoRing.create(1, file).close();
            assertThat(FileIo.pwrite(file, data.address(), BYTES, 0)).isEqualTo(BYTES);
        } catch (LinuxException problem) {
            Assumptions.abort("neither O_DIRECT nor io_uring can be missing here: " + problem.getMessage());
        }
        return image;
    }

    private Request read(MemorySegment target) {
        var request = new Request();
        request.op = Request.Op.READ;
        request.offset = 7 * BLOCK;
        request.length = target.byteSize();
        request.iov = arena.allocate(Iovecs.BYTES, 16).address();
        request.iovCount = 1;
        Iovecs.set(request.iov, 0, target.address(), target.byteSize());
        return request;
    }

    @Test
    void itGoesToTheRingOnce() throws Exception {
        var target = arena.allocate(4 * BLOCK, BLOCK);
        for (int image = 0; image < IMAGES; image++) {
            try (var backend = Backends.open(image(), BackendOptions.NONE);
                    var worker = new Worker(backend, 4)) {
                worker.submit(1, read(target));
                boolean tooFast = worker.hasEnded(1); // else not before it was handed over
                worker.flushSubmissions();
                isRead(worker, target);
                target.fill((byte) 0);
                worker.submit(1, read(target));
                assertThat(worker.hasEnded(1)).as("it is in the cache now").isTrue();
                isRead(worker, target);
                if (!tooFast) {
                    return;
                }
            }
        }
        throw new AssertionError("every first read had ended at once");
    }

    @Test
    void itIsNotAtHandBeforeItWasRead() throws Exception {
        var target = arena.allocate(4 * BLOCK, BLOCK);
        for (int image = 0; image < IMAGES; image++) {
            try (var backend = Backends.open(image(), BackendOptions.NONE);
                    var worker = new Worker(backend, 4)) {
                int first = backend.atHand().now(read(target));
                worker.submit(1, read(target));
                worker.flushSubmissions();
                isRead(worker, target);
                target.fill((byte) 0);
                assertThat(backend.atHand().now(read(target))).isZero();
                assertThat(target.mismatch(data.asSlice(7 * BLOCK, 4 * BLOCK))).isEqualTo(-1);
                var write = read(target);
                write.op = Request.Op.WRITE;
                assertThat(backend.atHand().now(write)).isEqualTo(AtHand.NOT_AT_HAND);
                if (first != 0) {
                    assertThat(first).isEqualTo(AtHand.NOT_AT_HAND);
                    return;
                }
            }
        }
        throw new AssertionError("every first read was at hand");
    }

    @Test
    void anOwnerThatWaitsNeedsNoRing() throws Exception {
        var target = arena.allocate(4 * BLOCK, BLOCK);
        try (var backend = Backends.open(image(), BackendOptions.NONE);
                var worker = new Worker(backend, 4, false)) {
            worker.submit(1, read(target));
            assertThat(worker.hasEnded(1)).isTrue();
            isRead(worker, target);
        }
    }

    private void isRead(Worker worker, MemorySegment target) {
        assertThat(worker.await(1)).isZero();
        assertThat(target.mismatch(data.asSlice(7 * BLOCK, 4 * BLOCK))).isEqualTo(-1);
    }
}
