package io.vduse4j.virtio;

import io.vduse4j.golden.GoldenC;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The layouts of virtio against {@code linux/virtio_ring.h}, {@code virtio_config.h} and {@code virtio_blk.h}. */
class VirtioGoldenTest {

    static Stream<Named<Supplier<GoldenC>>> architectures() {
        return Stream.of(Named.of("x86-64", GoldenC::x86_64), Named.of("aarch64", GoldenC::aarch64));
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void splitRing(Supplier<GoldenC> architecture) {
        GoldenC golden = architecture
                .get()
                .include("stdint.h")
                .include("linux/virtio_ring.h")
                .expect("sizeof(struct vring_desc)", SplitRing.DESC_BYTES)
                .offset("struct vring_desc", "addr", 0)
                .offset("struct vring_desc", "len", 8)
                .offset("struct vring_desc", "flags", 12)
                .offset("struct vring_desc", "next", 14)
                .expect("VRING_DESC_F_NEXT", SplitRing.DESC_NEXT)
                .expect("VRING_DESC_F_WRITE", SplitRing.DESC_WRITE)
                .expect("VRING_DESC_F_INDIRECT", SplitRing.DESC_INDIRECT)
                .expect("VRING_AVAIL_F_NO_INTERRUPT", SplitRing.AVAIL_NO_INTERRUPT)
                .expect("VRING_USED_F_NO_NOTIFY", SplitRing.USED_NO_NOTIFY)
                .offset("struct vring_avail", "flags", SplitRing.FLAGS)
                .offset("struct vring_avail", "idx", SplitRing.INDEX)
                .offset("struct vring_avail", "ring", SplitRing.RING)
                .offset("struct vring_used", "flags", SplitRing.FLAGS)
                .offset("struct vring_used", "idx", SplitRing.INDEX)
                .offset("struct vring_used", "ring", SplitRing.RING)
                .expect("sizeof(struct vring_used_elem)", SplitRing.USED_ELEM_BYTES)
                .offset("struct vring_used_elem", "id", 0)
                .offset("struct vring_used_elem", "len", 4);
        for (int size : new int[] {1, 2, 16, 256, SplitRing.MAX_SIZE}) {
            // The events stand behind the rings; the header's own sizes of the parts do not count them in.
            golden.expect("sizeof(struct vring_desc) * " + size, SplitRing.descBytes(size))
                    .expect(
                            "__builtin_offsetof(struct vring_avail, ring) + 2 * " + size + " + 2",
                            SplitRing.availBytes(size))
                    .expect(
                            "__builtin_offsetof(struct vring_used, ring) + 8ULL * " + size + " + 2",
                            SplitRing.usedBytes(size));
        }
        golden.check();
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void featuresAndStatus(Supplier<GoldenC> architecture) {
        architecture
                .get()
                .include("linux/virtio_config.h")
                .include("linux/virtio_ring.h")
                .expect("1ULL << VIRTIO_RING_F_INDIRECT_DESC", VirtioFeatures.RING_INDIRECT_DESC)
                .expect("1ULL << VIRTIO_RING_F_EVENT_IDX", VirtioFeatures.RING_EVENT_IDX)
                .expect("1ULL << VIRTIO_F_VERSION_1", VirtioFeatures.VERSION_1)
                .expect("1ULL << VIRTIO_F_ACCESS_PLATFORM", VirtioFeatures.ACCESS_PLATFORM)
                .expect("1ULL << VIRTIO_F_RING_PACKED", VirtioFeatures.RING_PACKED)
                .expect("1ULL << VIRTIO_F_IN_ORDER", VirtioFeatures.IN_ORDER)
                .expect("1ULL << VIRTIO_F_RING_RESET", VirtioFeatures.RING_RESET)
                .expect("VIRTIO_CONFIG_S_ACKNOWLEDGE", DeviceStatus.ACKNOWLEDGE)
                .expect("VIRTIO_CONFIG_S_DRIVER", DeviceStatus.DRIVER)
                .expect("VIRTIO_CONFIG_S_DRIVER_OK", DeviceStatus.DRIVER_OK)
                .expect("VIRTIO_CONFIG_S_FEATURES_OK", DeviceStatus.FEATURES_OK)
                .expect("VIRTIO_CONFIG_S_NEEDS_RESET", DeviceStatus.NEEDS_RESET)
                .expect("VIRTIO_CONFIG_S_FAILED", DeviceStatus.FAILED)
                .check();
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void blockConfiguration(Supplier<GoldenC> architecture) {
        architecture
                .get()
                .include("linux/virtio_blk.h")
                .offset("struct virtio_blk_config", "capacity", BlkConfig.CAPACITY)
                .offset("struct virtio_blk_config", "size_max", BlkConfig.SIZE_MAX)
                .offset("struct virtio_blk_config", "seg_max", BlkConfig.SEG_MAX)
                .offset("struct virtio_blk_config", "blk_size", BlkConfig.BLK_SIZE)
                .offset("struct virtio_blk_config", "physical_block_exp", BlkConfig.PHYSICAL_BLOCK_EXP)
                .offset("struct virtio_blk_config", "alignment_offset", BlkConfig.ALIGNMENT_OFFSET)
                .offset("struct virtio_blk_config", "min_io_size", BlkConfig.MIN_IO_SIZE)
                .offset("struct virtio_blk_config", "opt_io_size", BlkConfig.OPT_IO_SIZE)
                .offset("struct virtio_blk_config", "wce", BlkConfig.WRITEBACK)
                .offset("struct virtio_blk_config", "num_queues", BlkConfig.NUM_QUEUES)
                .offset("struct virtio_blk_config", "max_discard_sectors", BlkConfig.MAX_DISCARD_SECTORS)
                .offset("struct virtio_blk_config", "max_discard_seg", BlkConfig.MAX_DISCARD_SEG)
                .offset("struct virtio_blk_config", "discard_sector_alignment", BlkConfig.DISCARD_SECTOR_ALIGNMENT)
                .offset("struct virtio_blk_config", "max_write_zeroes_sectors", BlkConfig.MAX_WRITE_ZEROES_SECTORS)
                .offset("struct virtio_blk_config", "max_write_zeroes_seg", BlkConfig.MAX_WRITE_ZEROES_SEG)
                .offset("struct virtio_blk_config", "write_zeroes_may_unmap", BlkConfig.WRITE_ZEROES_MAY_UNMAP)
                .expect("__builtin_offsetof(struct virtio_blk_config, unused1) + 3", BlkConfig.BYTES)
                .expect("1ULL << VIRTIO_BLK_F_SIZE_MAX", BlkFeatures.SIZE_MAX)
                .expect("1ULL << VIRTIO_BLK_F_SEG_MAX", BlkFeatures.SEG_MAX)
                .expect("1ULL << VIRTIO_BLK_F_RO", BlkFeatures.RO)
                .expect("1ULL << VIRTIO_BLK_F_BLK_SIZE", BlkFeatures.BLK_SIZE)
                .expect("1ULL << VIRTIO_BLK_F_FLUSH", BlkFeatures.FLUSH)
                .expect("1ULL << VIRTIO_BLK_F_TOPOLOGY", BlkFeatures.TOPOLOGY)
                .expect("1ULL << VIRTIO_BLK_F_CONFIG_WCE", BlkFeatures.CONFIG_WCE)
                .expect("1ULL << VIRTIO_BLK_F_MQ", BlkFeatures.MQ)
                .expect("1ULL << VIRTIO_BLK_F_DISCARD", BlkFeatures.DISCARD)
                .expect("1ULL << VIRTIO_BLK_F_WRITE_ZEROES", BlkFeatures.WRITE_ZEROES)
                .check();
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void blockRequests(Supplier<GoldenC> architecture) {
        architecture
                .get()
                .include("linux/virtio_blk.h")
                .expect("sizeof(struct virtio_blk_outhdr)", BlkRequest.HEADER_BYTES)
                .offset("struct virtio_blk_outhdr", "type", BlkRequest.TYPE)
                .offset("struct virtio_blk_outhdr", "sector", BlkRequest.SECTOR)
                .expect("VIRTIO_BLK_T_IN", BlkRequest.IN)
                .expect("VIRTIO_BLK_T_OUT", BlkRequest.OUT)
                .expect("VIRTIO_BLK_T_FLUSH", BlkRequest.FLUSH)
                .expect("VIRTIO_BLK_T_GET_ID", BlkRequest.GET_ID)
                .expect("VIRTIO_BLK_T_DISCARD", BlkRequest.DISCARD)
                .expect("VIRTIO_BLK_T_WRITE_ZEROES", BlkRequest.WRITE_ZEROES)
                .expect("VIRTIO_BLK_ID_BYTES", BlkRequest.ID_BYTES)
                .expect("sizeof(struct virtio_blk_discard_write_zeroes)", BlkRequest.SEGMENT_BYTES)
                .offset("struct virtio_blk_discard_write_zeroes", "sector", 0)
                .offset("struct virtio_blk_discard_write_zeroes", "num_sectors", BlkRequest.SEGMENT_SECTORS)
                .offset("struct virtio_blk_discard_write_zeroes", "flags", BlkRequest.SEGMENT_FLAGS)
                .expect("VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP", BlkRequest.SEGMENT_UNMAP)
                .expect("VIRTIO_BLK_S_OK", BlkRequest.S_OK)
                .expect("VIRTIO_BLK_S_IOERR", BlkRequest.S_IOERR)
                .expect("VIRTIO_BLK_S_UNSUPP", BlkRequest.S_UNSUPP)
                .check();
    }
}
