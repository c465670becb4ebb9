package io.vduse4j.backend.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failing syncs, files that change their size under us, and space that is given back. */
class FileDurabilityTest {
    private static final int SIZE = 8 << 20;
    private static final int LENGTH = 64 << 10;

    private final AtomicInteger syncs = new AtomicInteger();
    private volatile boolean syncFails;
    private Path path;
    private Backend backend;
    private GuestMemory memory;

    @BeforeEach
    void open(@TempDir Path directory) throws Exception {
        path = directory.resolve("disk.img");
        memory = new GuestMemory(2 * LENGTH);
        backend = new FileOpener(path, BackendOptions.NONE.withSize(SIZE), fd -> () -> {
                    syncs.incrementAndGet();
                    if (syncFails) {
                        throw new LinuxException("fdatasync", "the disk", Errno.EIO);
                    }
                })
                .open();
    }

    @AfterEach
    void close() throws Exception {
        backend.close();
        memory.close();
    }

    private int run(Request.Op op, long offset, boolean fua) throws Exception {
        try (var worker = new Worker(backend, 1)) {
            Iovecs.set(memory.address(), 0, memory.address() + LENGTH, LENGTH);
            var request = new Request();
            request.op = op;
            request.offset = offset;
            request.length = LENGTH;
            request.fua = fua;
            request.unmap = op == Request.Op.WRITE_ZEROES && fua;
            request.iov = memory.address();
            request.iovCount = 1;
            return worker.run(request);
        }
    }

    private void resize(long size) throws Exception {
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(size);
        }
    }

    @Test
    void theFirstFailedSyncIsFinal() throws Exception {
        assertThat(run(Request.Op.WRITE, 0, false)).isZero();
        backend.flush();
        assertThat(syncs).hasValue(1);
        syncFails = true;
        assertThatThrownBy(backend::flush).isInstanceOf(IOException.class).hasMessageContaining("durability");
        syncFails = false;
        assertThatThrownBy(backend::flush).isInstanceOf(IOException.class).hasMessageContaining("durability");
        assertThat(syncs).as("the kernel was not asked again").hasValue(2);
        for (var op : List.of(Request.Op.WRITE, Request.Op.WRITE_ZEROES, Request.Op.DISCARD)) {
            assertThat(run(op, 0, false)).as(op.name()).isEqualTo(Errno.EIO);
        }
        assertThat(run(Request.Op.READ, 0, false)).isZero();
    }

    @Test
    void zeroesThatMustBeStableAreSynced() throws Exception {
        assertThat(run(Request.Op.WRITE_ZEROES, 0, true)).isZero();
        assertThat(syncs).hasValue(1);
        syncFails = true;
        assertThat(run(Request.Op.WRITE_ZEROES, 0, true)).isEqualTo(Errno.EIO);
        assertThat(run(Request.Op.WRITE, 0, false)).isEqualTo(Errno.EIO);
    }

    @Test
    void readingWhereTheFileWasCutOffIsAnErrorAndWritingDoesNotHideIt() throws Exception {
        resize(SIZE / 2);
        assertThat(run(Request.Op.READ, SIZE / 2 - LENGTH / 2, false)).isEqualTo(Errno.EIO);
        assertThat(run(Request.Op.READ, SIZE - LENGTH, false)).isEqualTo(Errno.EIO);
        assertThat(run(Request.Op.WRITE, SIZE - LENGTH, false)).isEqualTo(Errno.EIO);
        assertThat(FileIo.status(path.toString()).size()).isEqualTo(SIZE / 2);
        assertThat(backend.size()).as("a volume never shrinks").isEqualTo(SIZE);
        assertThat(run(Request.Op.READ, 0, false)).isZero();
    }

    @Test
    void aFileThatShrankIsFoundWithoutReading() throws Exception {
        resize(SIZE / 2);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (run(Request.Op.WRITE, 0, false) == 0) {
            assertThat(System.nanoTime()).as("time").isLessThan(deadline);
            Thread.sleep(50);
        }
        assertThatThrownBy(backend::flush).hasMessageContaining("shrunk");
    }

    @Test
    void growthIsStableBeforeItIsTold() throws Exception {
        var told = new CompletableFuture<Long>();
        var syncsWhenTold = new CopyOnWriteArrayList<Integer>();
        backend.onResize(bytes -> {
            syncsWhenTold.add(syncs.get());
            told.complete(bytes);
        });
        resize(2 * SIZE + 700);
        assertThat(told.get(10, TimeUnit.SECONDS)).as("whole blocks").isEqualTo(2 * SIZE + 512);
        assertThat(syncsWhenTold).containsExactly(1);
        assertThat(backend.size()).isEqualTo(2 * SIZE + 512);
        assertThat(run(Request.Op.WRITE, 2 * SIZE + 512 - LENGTH, false)).isZero();
    }

    @Test
    void aResizeIsStableAndToldWhenItReturns() throws Exception {
        var told = new CopyOnWriteArrayList<Long>();
        backend.onResize(told::add);
        backend.resize(SIZE);
        assertThat(told).isEmpty();
        backend.resize(2 * SIZE);
        assertThat(told).containsExactly(2L * SIZE);
        assertThat(syncs).hasValue(1);
        assertThat(backend.size()).isEqualTo(2 * SIZE);
        assertThat(path).hasSize(2 * SIZE);
        for (long size : new long[] {SIZE, 2 * SIZE + 1}) {
            assertThatThrownBy(() -> backend.resize(size))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("volumes only grow");
        }
        syncFails = true;
        assertThatThrownBy(() -> backend.resize(3 * SIZE)).hasMessageContaining("durability was lost");
        assertThat(told).hasSize(1);
        assertThat(backend.size()).isEqualTo(2 * SIZE);
    }

    @Test
    void growthThatIsNotStableIsNotTold() throws Exception {
        var told = new CompletableFuture<Long>();
        backend.onResize(told::complete);
        syncFails = true;
        resize(2 * SIZE);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (syncs.get() == 0) {
            assertThat(System.nanoTime()).as("time").isLessThan(deadline);
            Thread.sleep(50);
        }
        assertThatThrownBy(backend::flush).isInstanceOf(IOException.class);
        assertThat(told).isNotDone();
        assertThat(backend.size()).isEqualTo(SIZE);
    }

    @Test
    void discardsGiveSpaceBackAndZeroesKeepIt() throws Exception {
        assertThat(run(Request.Op.WRITE, 0, true)).isZero();
        assertThat(run(Request.Op.WRITE, LENGTH, true)).isZero();
        long written = blocks();
        assertThat(run(Request.Op.WRITE_ZEROES, 0, false)).isZero();
        assertThat(blocks()).isEqualTo(written);
        assertThat(run(Request.Op.DISCARD, 0, false)).isZero();
        assertThat(blocks()).isLessThanOrEqualTo(written - LENGTH / 512);
        assertThat(run(Request.Op.WRITE_ZEROES, LENGTH, true)).as("unmap").isZero();
        assertThat(blocks()).isLessThanOrEqualTo(written - 2 * LENGTH / 512);
        assertThat(FileIo.status(path.toString()).size()).isEqualTo(SIZE);
    }

    private long blocks() throws Exception {
        return FileIo.status(path.toString()).blocks512();
    }

    @Test
    void aTransferThatStopsHalfWayIsContinuedAndTellsWhy() throws Exception {
        // The second half of the memory is gone: the kernel first does less than asked, then says EFAULT.
        try (var worker = new Worker(backend, 1);
                var iovec = new GuestMemory(4096);
                var half = new GuestMemory(LENGTH)) {
            Iovecs.set(iovec.address(), 0, half.address(), 512);
            Iovecs.set(iovec.address(), 1, half.address() + 512, LENGTH - 512);
            half.shrink(LENGTH / 2);
            var request = new Request();
            request.length = LENGTH;
            request.iov = iovec.address();
            request.iovCount = 2;
            for (var op : List.of(Request.Op.READ, Request.Op.WRITE)) {
                request.op = op;
                assertThat(worker.run(request)).as(op.name()).isEqualTo(Errno.EFAULT);
            }
        }
    }
}
