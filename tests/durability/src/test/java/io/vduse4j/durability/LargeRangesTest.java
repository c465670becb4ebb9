package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.Framing;
import io.vduse4j.virtio.blk.BlkRequest;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Zeroes and discards about the byte 2^32, where 32 bits end, and at the end of a disk; their neighbours stay. */
@Timeout(120)
class LargeRangesTest {
    private static final long SIZE = 5L << 30;
    private static final long BORDER = 1L << 32;

    /** As long as one request may be. */
    private static final long LONGEST = 256 << 20;

    private static final int SECTOR = BlkRequest.SECTOR_BYTES;

    @TempDir
    private Path folder;

    private static byte[] sector(int value) {
        var data = new byte[SECTOR];
        Arrays.fill(data, (byte) value);
        return data;
    }

    private static byte[] read(ServedFile disk, long offset) {
        return disk.driver(0)
                .run(BlkCommand.read(offset / SECTOR, SECTOR), Framing.CLASSIC)
                .require();
    }

    private static BlkCommand command(String op, long offset, long length) {
        int sectors = Math.toIntExact(length / SECTOR);
        return op.equals("discard")
                ? BlkCommand.discard(offset / SECTOR, sectors)
                : BlkCommand.writeZeroes(offset / SECTOR, sectors, op.equals("unmap"));
    }

    /** First and last sector of the range, and their neighbours; a length of 0 is up to the end of the disk. */
    @ParameterizedTest
    @CsvSource({
        "unmap, -268435456, 268435456", "unmap, 0, 268435456", "unmap, -4096, 8192", "unmap, -512, 1024",
        "unmap, -134217728, 268435456", "unmap, -512, 512", "unmap, 0, 512", "unmap, 805306368, 0",
        "keep, -4096, 8192", "keep, -512, 1024", "keep, -3584, 66048", "keep, 1073741312, 0",
        "discard, -268435456, 268435456", "discard, -134217728, 268435456", "discard, -512, 1024",
                "discard, 805306368, 0"
    })
    void onlyTheRangeIsTouched(String op, long fromBorder, long bytes) throws Exception {
        long offset = BORDER + fromBorder;
        long length = bytes == 0 ? SIZE - offset : bytes;
        var image = folder.resolve("large.img").toString();
        try (var backend = Backends.open(image, BackendOptions.NONE.withSize(SIZE));
                var disk = new ServedFile(backend, 1, 0)) {
            assertThat(backend.limits().maxZeroes()).isEqualTo(LONGEST);
            long[] places = {offset - SECTOR, offset, offset + length - SECTOR, offset + length, 0, length % BORDER};
            for (int i = 0; i < places.length; i++) {
                if (places[i] < SIZE) {
                    assertThat(disk.run(BlkCommand.write(places[i] / SECTOR, sector(1))))
                            .isEqualTo(BlkRequest.S_OK);
                }
            }
            assertThat(disk.run(command(op, offset, length))).isEqualTo(BlkRequest.S_OK);
            for (long place : places) {
                boolean within = place >= offset && place < offset + length;
                if (place < SIZE && !within) {
                    assertThat(read(disk, place)).as("neighbour at " + place).isEqualTo(sector(1));
                } else if (within && op.equals("discard")) {
                    assertThat(read(disk, place)).as("discarded at " + place).isIn(sector(0), sector(1));
                } else if (within) {
                    assertThat(read(disk, place)).as("zeroed at " + place).isEqualTo(sector(0));
                }
            }
            assertThat(disk.run(command(op, SIZE - SECTOR, 2L * SECTOR)))
                    .as("beyond the end")
                    .isEqualTo(BlkRequest.S_IOERR);
            assertThat(disk.run(command(op, offset, LONGEST + SECTOR)))
                    .as("longer than it was told to be")
                    .isNotEqualTo(BlkRequest.S_OK);
        }
    }
}
