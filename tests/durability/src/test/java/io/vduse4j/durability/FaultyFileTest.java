package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.testkit.faulty.Fault;
import io.vduse4j.testkit.faulty.FaultyFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The file that fails does what it was told, and nothing else. */
@Timeout(120)
class FaultyFileTest {
    private static final int SIZE = 1 << 20;
    private static final int BLOCK = 4096;

    private final MemorySegment memory = Arena.ofAuto().allocate(BLOCK, BLOCK);
    private FaultyFile file;
    private Fd fd;

    @BeforeEach
    void serve(@TempDir Path folder) throws Exception {
        FaultyFile.missing().ifPresent(Assumptions::abort);
        file = FaultyFile.serve(folder, SIZE);
        fd = Fd.open(file.path().toString(), OpenFlags.O_RDWR);
    }

    @AfterEach
    void close() throws Exception {
        if (file != null) {
            fd.close();
            file.close();
            assertThat(Files.size(file.path())).as("what was hidden").isZero();
            assertThat(file.process().isAlive()).isFalse();
        }
    }

    private long write(long offset, int value) {
        memory.fill((byte) value);
        return FileIo.pwrite(fd, memory.address(), BLOCK, offset);
    }

    private byte read(long offset) {
        assertThat(FileIo.pread(fd, memory.address(), BLOCK, offset)).isEqualTo(BLOCK);
        byte first = memory.get(ValueLayout.JAVA_BYTE, 0);
        assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).containsOnly(first);
        return first;
    }

    @Test
    void withoutFaultsItIsAFile() throws Exception {
        assertThat(Files.size(file.path())).isEqualTo(SIZE);
        assertThat(write(BLOCK, 7)).isEqualTo(BLOCK);
        assertThat(read(BLOCK)).isEqualTo((byte) 7);
        assertThat(read(0)).isZero();
        assertThat(FileIo.fdatasync(fd)).isZero();
        int zero = FileIo.FALLOC_FL_ZERO_RANGE;
        assertThat(FileIo.fallocate(fd, zero, BLOCK, 512)).isZero();
        assertThat(FileIo.pread(fd, memory.address(), 1024, BLOCK)).isEqualTo(1024);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 511)).isZero();
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 512)).isEqualTo((byte) 7);
        assertThat(FileIo.pread(fd, memory.address(), BLOCK, SIZE))
                .as("at its end")
                .isZero();
        FileIo.truncate(fd, SIZE / 2);
        assertThat(Files.size(file.path())).isEqualTo(SIZE / 2);
        var trace = file.trace();
        assertThat(trace).extracting(event -> event.op().name()).containsExactly("WRITE", "FSYNC", "FALLOCATE");
        assertThat(trace.getFirst().offset()).isEqualTo(BLOCK);
        assertThat(trace.getFirst().data().toArray(ValueLayout.JAVA_BYTE))
                .hasSize(BLOCK)
                .containsOnly(7);
        assertThat(trace.get(1).start()).isGreaterThan(trace.getFirst().end());
        assertThat(trace).allMatch(event -> event.succeeded() && event.start() <= event.end() && !event.stable());
    }

    @Test
    void aWriteThatMustBeStableSaysSo() throws Exception {
        memory.fill((byte) 1);
        var iovec = Arena.ofAuto().allocate(FileIo.IOVEC_SIZE, 8);
        iovec.set(ValueLayout.JAVA_LONG, FileIo.IOVEC_BASE, memory.address());
        iovec.set(ValueLayout.JAVA_LONG, FileIo.IOVEC_LEN, BLOCK);
        assertThat(FileIo.pwritev(fd, iovec.address(), 1, 0, FileIo.RWF_DSYNC)).isEqualTo(BLOCK);
        assertThat(file.trace()).anyMatch(event -> event.stable() && event.length() == BLOCK);
    }

    @Test
    void errorsComeWhereAndAsOftenAsTheyWereOrdered() throws Exception {
        file.add(Fault.on(Fault.Op.WRITE).at(BLOCK, 1).after(1).times(2).error(Errno.ENOSPC));
        file.add(Fault.on(Fault.Op.FSYNC).error(Errno.EIO));
        assertThat(write(BLOCK, 1)).isEqualTo(BLOCK);
        assertThat(write(0, 1)).as("beside the range").isEqualTo(BLOCK);
        assertThat(write(BLOCK, 2)).isEqualTo(-Errno.ENOSPC);
        assertThat(write(BLOCK, 2)).isEqualTo(-Errno.ENOSPC);
        assertThat(read(BLOCK)).isEqualTo((byte) 1);
        assertThat(write(BLOCK, 3)).isEqualTo(BLOCK);
        assertThat(FileIo.fdatasync(fd)).isEqualTo(-Errno.EIO);
        assertThat(FileIo.fdatasync(fd)).isZero();
        assertThat(file.hits()).isEqualTo(3);
        file.add(Fault.on(Fault.Op.READ).error(Errno.EIO));
        file.clear();
        assertThat(read(BLOCK)).isEqualTo((byte) 3);
    }

    @Test
    void shortResultsAreShort() throws Exception {
        file.add(Fault.on(Fault.Op.WRITE).shortAfter(512));
        assertThat(write(0, 9)).isEqualTo(512);
        file.add(Fault.on(Fault.Op.READ).shortAfter(100));
        assertThat(FileIo.pread(fd, memory.address(), BLOCK, 0)).isEqualTo(100);
        assertThat(FileIo.pread(fd, memory.address(), BLOCK, 0)).isEqualTo(BLOCK);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 511)).isEqualTo((byte) 9);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 512)).isZero();
    }

    @Test
    void aFrozenWriteIsDoneWhenItThaws() throws Exception {
        file.add(Fault.on(Fault.Op.WRITE).freeze());
        var ended = new CompletableFuture<Long>();
        Thread.ofPlatform().daemon().start(() -> ended.complete(write(0, 5)));
        file.awaitFrozen(1);
        try (var other = Fd.open(file.path().toString(), OpenFlags.O_RDWR)) {
            var block = Arena.ofAuto().allocate(1);
            assertThat(FileIo.pread(other, block.address(), 1, 0)).isEqualTo(1);
            assertThat(block.get(ValueLayout.JAVA_BYTE, 0)).as("not yet").isZero();
        }
        assertThat(ended).isNotDone();
        file.thaw();
        assertThat(ended.get(10, TimeUnit.SECONDS)).isEqualTo(BLOCK);
        assertThat(read(0)).isEqualTo((byte) 5);
    }

    @Test
    void aDelayedWriteTakesItsTime() throws Exception {
        file.add(Fault.on(Fault.Op.WRITE).delay(Duration.ofMillis(300)));
        long start = System.nanoTime();
        assertThat(write(0, 5)).isEqualTo(BLOCK);
        assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(300));
    }
}
