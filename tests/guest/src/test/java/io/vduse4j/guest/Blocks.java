package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.OpenFlags;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** Writes to a block device around the page cache, and reads back what must be there. */
final class Blocks {
    private static final int PAGE = 4096;
    private static final int CHUNK = 64 << 10;

    private Blocks() {}

    /** Fills a range with bytes that follow from the seed, makes them stable, reads them back and compares. */
    static void verify(String device, long offset, int bytes, long seed) throws IOException {
        write(device, offset, bytes, seed);
        compare(device, offset, bytes, seed);
        Evidence.show("%d KiB written to %s at %d, made stable, read back, equal", bytes >> 10, device, offset);
    }

    /** Fills a range with bytes that follow from the seed and makes them stable. */
    static void write(String device, long offset, int bytes, long seed) throws IOException {
        var random = new Random(seed);
        try (var fd = Fd.open(device, OpenFlags.O_WRONLY | OpenFlags.O_DIRECT);
                var arena = Arena.ofConfined()) {
            var memory = arena.allocate(CHUNK, PAGE);
            for (long at = 0; at < bytes; at += CHUNK) {
                memory.copyFrom(chunk(random));
                assertThat(FileIo.pwrite(fd, memory.address(), CHUNK, offset + at))
                        .isEqualTo(CHUNK);
            }
            assertThat(FileIo.fdatasync(fd)).isZero();
        }
    }

    /** Compares a range with the bytes that follow from the seed. */
    static void compare(String device, long offset, int bytes, long seed) throws IOException {
        var random = new Random(seed);
        try (var fd = Fd.open(device, OpenFlags.O_RDONLY | OpenFlags.O_DIRECT);
                var arena = Arena.ofConfined()) {
            var memory = arena.allocate(CHUNK, PAGE);
            for (long at = 0; at < bytes; at += CHUNK) {
                assertThat(FileIo.pread(fd, memory.address(), CHUNK, offset + at))
                        .isEqualTo(CHUNK);
                assertThat(memory.mismatch(chunk(random)))
                        .as("first difference in the 64 KiB of %s at %d", device, offset + at)
                        .isEqualTo(-1);
            }
        }
    }

    private static MemorySegment chunk(Random random) {
        var content = new byte[CHUNK];
        random.nextBytes(content);
        return MemorySegment.ofArray(content);
    }
}
