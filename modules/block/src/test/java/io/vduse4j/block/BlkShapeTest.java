package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.MemoryBudget;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a driver is told about a disk, byte by byte, and bit by bit. */
class BlkShapeTest {

    private static final long MIB = 1 << 20;

    private static BlkOptions options(int queues, int queueSize) {
        return new BlkOptions("disk", queues, queueSize, "");
    }

    private static String config(Limits limits, BlkOptions options, long size) {
        return HexFormat.of().formatHex(new BlkShape(limits, options).config(size));
    }

    private static String hex(String... fields) {
        return String.join("", fields).replace(" ", "");
    }

    @Test
    @Spec({"VB-03", "VB-10"})
    void aDiskThatCanDoEverything() {
        var limits = new Limits(512, 4096, 64 * MIB, false, true, 4096, true, true, 64 * MIB, false, false);
        assertThat(config(limits, options(4, 256), 1 << 30))
                .isEqualTo(hex(
                        "0000200000000000", // capacity: 2^21 sectors
                        "00000400", // size_max: 256 KiB, 254 of which fit into 64 MiB
                        "fe000000", // seg_max: 254
                        "00000000", // geometry
                        "00020000", // blk_size: 512
                        "03 00 0800 00000000", // 8 blocks in a physical one; smallest good I/O: 8; best: not said
                        "00 00 0400", // writeback is not offered; 4 queues
                        "00000200 40000000 08000000", // discard: 2^17 sectors, 64 ranges, 8 sectors
                        "00000200 40000000 01 000000")); // write zeroes: the same; may unmap
    }

    @Test
    @Spec({"VB-03", "VB-10"})
    void aReadOnlyDiskOfLargeBlocks() {
        var limits = new Limits(4096, 4096, MIB, true, true, 4096, true, true, MIB, false, false);
        assertThat(config(limits, options(1, 128), 40960))
                .isEqualTo(hex(
                        "5000000000000000",
                        "00200000", // 8 KiB, 126 of which fit into 1 MiB
                        "7e000000", // 128 descriptors less two
                        "00000000",
                        "00100000",
                        "00 00 0100 00000000",
                        "00 00 0000",
                        "00000000 00000000 00000000",
                        "00000000 00000000 00 000000"));
    }

    @Test
    @Spec({"VB-03", "VB-10"})
    void aDiskThatZeroesWithoutGivingBack() {
        var limits = new Limits(512, 65536, 4096, false, false, 0, true, false, Long.MAX_VALUE & -512L, false, false);
        assertThat(config(limits, options(2, 4), Long.MAX_VALUE & -512L))
                .isEqualTo(hex(
                        "ffffffffffff3f00",
                        "00100000", // one page
                        "01000000",
                        "00000000",
                        "00020000",
                        "07 00 8000 00000000",
                        "00 00 0200",
                        "00000000 00000000 00000000",
                        "ffffffff 40000000 00 000000")); // as much as the field can say
    }

    @Test
    void aDiskThatDiscardsOnly() {
        var limits = new Limits(4096, 4096, 64 * MIB, false, true, 0, false, false, 1L << 42, false, false);
        assertThat(config(limits, options(1, 256), 1 << 20))
                .endsWith(hex(
                        "f8ffffff 40000000 08000000", // whole blocks of 8 sectors; its granularity is a block
                        "00000000 00000000 00 000000"));
    }

    private static final long BASIC = 1L << 1 | 1L << 2 | 1L << 6 | 1L << 9 | 1L << 10;

    /** SIZE_MAX, SEG_MAX, BLK_SIZE, FLUSH and TOPOLOGY always; the rest as the backend can; never anything else. */
    @ParameterizedTest
    @CsvSource({
        "false, false, false, 1, 0x0000",
        "true,  false, false, 1, 0x0020",
        "true,  true,  true,  1, 0x0020",
        "false, true,  false, 1, 0x2000",
        "false, false, true,  1, 0x4000",
        "false, true,  true,  8, 0x7000",
    })
    @Spec({"VB-01", "VB-02", "VB-04", "VB-14", "VD-04", "VD-06", "VD-18"})
    void features(boolean readOnly, boolean discard, boolean zeroes, int queues, String more) throws Exception {
        var limits = new Limits(512, 512, MIB, readOnly, discard, 0, zeroes, false, MIB, true, false);
        try (var disk = new VirtioBlk(new RecordingBackend(limits, MIB), options(queues, 64), MemoryBudget.process())) {
            assertThat(disk.features()).isEqualTo(BASIC | Long.decode(more));
            assertThat(disk.deviceId()).isEqualTo(2);
            assertThat(disk.queues()).isEqualTo(queues);
            assertThat(disk.maxQueueSize()).isEqualTo(64);
        }
    }

    /** Linux sends requests up to size_max x seg_max: they must be taken. */
    @Test
    void theLargestRequestThatIsOfferedIsTaken() {
        for (long transfer = 4096; transfer <= 1L << 40; transfer = transfer * 3 / 2 + 4096 & -4096L) {
            for (int queueSize = 4; queueSize <= 1024; queueSize *= 2) {
                var limits = new Limits(512, 512, transfer, false, false, 0, false, false, 0, false, false);
                var shape = java.nio.ByteBuffer.wrap(new BlkShape(limits, options(1, queueSize)).config(MIB))
                        .order(java.nio.ByteOrder.LITTLE_ENDIAN);
                long sizeMax = Integer.toUnsignedLong(shape.getInt(8));
                long segMax = Integer.toUnsignedLong(shape.getInt(12));
                assertThat(sizeMax * segMax).isBetween(4096L, transfer);
                assertThat(sizeMax).isGreaterThanOrEqualTo(4096);
                assertThat(segMax).isBetween(1L, queueSize - 2L);
            }
        }
    }

    @Test
    void aBackendThatNeedsPrivateBuffersGetsThem() throws Exception {
        var limits = new Limits(512, 512, 1L << 30, false, false, 0, false, false, 0, false, true);
        try (var disk = new VirtioBlk(new RecordingBackend(limits, MIB), options(1, 256), MemoryBudget.process())) {
            var config = java.nio.ByteBuffer.wrap(disk.config()).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            assertThat((long) config.getInt(8) * config.getInt(12)).isLessThanOrEqualTo(CopyingBackend.MAX_TRANSFER);
        }
    }

    @Test
    @Spec("VB-05")
    void aNewSizeIsTold() throws Exception {
        var backend = new RecordingBackend(RecordingBackend.limits(512, false), MIB);
        try (var disk = new VirtioBlk(backend, options(1, 64), MemoryBudget.process())) {
            int[] told = {0};
            disk.onConfigChange(() -> told[0]++);
            backend.resize(2 * MIB);
            assertThat(told[0]).isEqualTo(1);
            assertThat(HexFormat.of().formatHex(disk.config())).startsWith("0010000000000000");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 17})
    void aNumberOfQueuesThatIsNotPossible(int queues) {
        assertThatThrownBy(() -> options(queues, 64)).hasMessageContaining("" + queues);
    }

    @ParameterizedTest
    @ValueSource(ints = {-4, 0, 1, 2, 3, 100, 2048})
    void aQueueSizeThatIsNotPossible(int size) {
        assertThatThrownBy(() -> options(1, size)).hasMessageContaining("" + size);
    }
}
