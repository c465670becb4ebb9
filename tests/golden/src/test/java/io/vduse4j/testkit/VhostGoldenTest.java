package io.vduse4j.testkit;

import io.vduse4j.golden.GoldenC;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link VhostLayout} against {@code linux/vhost.h}, on both architectures. */
class VhostGoldenTest {

    static Stream<Named<Supplier<GoldenC>>> architectures() {
        return Stream.of(Named.of("x86-64", GoldenC::x86_64), Named.of("aarch64", GoldenC::aarch64));
    }

    private static GoldenC vhost(Supplier<GoldenC> architecture) {
        return architecture.get().include("linux/vhost.h");
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void calls(Supplier<GoldenC> architecture) {
        vhost(architecture)
                .expect("(int)VHOST_GET_FEATURES", VhostLayout.GET_FEATURES)
                .expect("(int)VHOST_SET_FEATURES", VhostLayout.SET_FEATURES)
                .expect("(int)VHOST_SET_OWNER", VhostLayout.SET_OWNER)
                .expect("(int)VHOST_SET_VRING_NUM", VhostLayout.SET_VRING_NUM)
                .expect("(int)VHOST_SET_VRING_ADDR", VhostLayout.SET_VRING_ADDR)
                .expect("(int)VHOST_SET_VRING_BASE", VhostLayout.SET_VRING_BASE)
                .expect("(int)VHOST_GET_VRING_BASE", VhostLayout.GET_VRING_BASE)
                .expect("(int)VHOST_SET_VRING_KICK", VhostLayout.SET_VRING_KICK)
                .expect("(int)VHOST_SET_VRING_CALL", VhostLayout.SET_VRING_CALL)
                .expect("(int)VHOST_SET_VRING_ERR", VhostLayout.SET_VRING_ERR)
                .expect("(int)VHOST_SET_BACKEND_FEATURES", VhostLayout.SET_BACKEND_FEATURES)
                .expect("(int)VHOST_GET_BACKEND_FEATURES", VhostLayout.GET_BACKEND_FEATURES)
                .check();
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void vdpaCalls(Supplier<GoldenC> architecture) {
        vhost(architecture)
                // Debian 12 has the headers of Linux 6.1.
                .line("#ifndef VHOST_VDPA_RESUME")
                .line("#define VHOST_VDPA_RESUME _IO(VHOST_VIRTIO, 0x7E)")
                .line("#endif")
                .expect("(int)VHOST_VDPA_GET_DEVICE_ID", VhostLayout.VDPA_GET_DEVICE_ID)
                .expect("(int)VHOST_VDPA_GET_STATUS", VhostLayout.VDPA_GET_STATUS)
                .expect("(int)VHOST_VDPA_SET_STATUS", VhostLayout.VDPA_SET_STATUS)
                .expect("(int)VHOST_VDPA_GET_CONFIG", VhostLayout.VDPA_GET_CONFIG)
                .expect("(int)VHOST_VDPA_SET_CONFIG", VhostLayout.VDPA_SET_CONFIG)
                .expect("(int)VHOST_VDPA_SET_VRING_ENABLE", VhostLayout.VDPA_SET_VRING_ENABLE)
                .expect("(int)VHOST_VDPA_GET_VRING_NUM", VhostLayout.VDPA_GET_VRING_NUM)
                .expect("(int)VHOST_VDPA_SET_CONFIG_CALL", VhostLayout.VDPA_SET_CONFIG_CALL)
                .expect("(int)VHOST_VDPA_GET_IOVA_RANGE", VhostLayout.VDPA_GET_IOVA_RANGE)
                .expect("(int)VHOST_VDPA_GET_CONFIG_SIZE", VhostLayout.VDPA_GET_CONFIG_SIZE)
                .expect("(int)VHOST_VDPA_GET_AS_NUM", VhostLayout.VDPA_GET_AS_NUM)
                .expect("(int)VHOST_VDPA_GET_VRING_GROUP", VhostLayout.VDPA_GET_VRING_GROUP)
                .expect("(int)VHOST_VDPA_SET_GROUP_ASID", VhostLayout.VDPA_SET_GROUP_ASID)
                .expect("(int)VHOST_VDPA_SUSPEND", VhostLayout.VDPA_SUSPEND)
                .expect("(int)VHOST_VDPA_RESUME", VhostLayout.VDPA_RESUME)
                .expect("(int)VHOST_VDPA_GET_VQS_COUNT", VhostLayout.VDPA_GET_VQS_COUNT)
                .expect("(int)VHOST_VDPA_GET_GROUP_NUM", VhostLayout.VDPA_GET_GROUP_NUM)
                .check();
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void structures(Supplier<GoldenC> architecture) {
        vhost(architecture)
                .expect("sizeof(struct vhost_vring_state)", VhostLayout.VRING_STATE_SIZE)
                .offset("struct vhost_vring_state", "index", VhostLayout.VRING_STATE_INDEX)
                .offset("struct vhost_vring_state", "num", VhostLayout.VRING_STATE_NUM)
                .expect("sizeof(struct vhost_vring_file)", VhostLayout.VRING_FILE_SIZE)
                .offset("struct vhost_vring_file", "index", VhostLayout.VRING_FILE_INDEX)
                .offset("struct vhost_vring_file", "fd", VhostLayout.VRING_FILE_FD)
                .expect("sizeof(struct vhost_vring_addr)", VhostLayout.VRING_ADDR_SIZE)
                .offset("struct vhost_vring_addr", "index", VhostLayout.VRING_ADDR_INDEX)
                .offset("struct vhost_vring_addr", "desc_user_addr", VhostLayout.VRING_ADDR_DESC)
                .offset("struct vhost_vring_addr", "used_user_addr", VhostLayout.VRING_ADDR_USED)
                .offset("struct vhost_vring_addr", "avail_user_addr", VhostLayout.VRING_ADDR_AVAIL)
                .expect("sizeof(struct vhost_vdpa_config)", VhostLayout.CONFIG_SIZE)
                .offset("struct vhost_vdpa_config", "off", VhostLayout.CONFIG_OFFSET)
                .offset("struct vhost_vdpa_config", "len", VhostLayout.CONFIG_LENGTH)
                .offset("struct vhost_vdpa_config", "buf", VhostLayout.CONFIG_SIZE)
                .expect("sizeof(struct vhost_vdpa_iova_range)", VhostLayout.IOVA_RANGE_SIZE)
                .offset("struct vhost_vdpa_iova_range", "first", VhostLayout.IOVA_RANGE_FIRST)
                .offset("struct vhost_vdpa_iova_range", "last", VhostLayout.IOVA_RANGE_LAST)
                .expect("VHOST_FILE_UNBIND", VhostLayout.FILE_UNBIND)
                .check();
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void messages(Supplier<GoldenC> architecture) {
        vhost(architecture)
                .line("#ifndef VHOST_BACKEND_F_SUSPEND")
                .line("#define VHOST_BACKEND_F_SUSPEND 0x4")
                .line("#endif")
                .expect("sizeof(struct vhost_msg_v2)", VhostLayout.MSG_SIZE)
                .offset("struct vhost_msg_v2", "type", VhostLayout.MSG_TYPE)
                .offset("struct vhost_msg_v2", "iotlb.iova", VhostLayout.MSG_IOVA)
                .offset("struct vhost_msg_v2", "iotlb.size", VhostLayout.MSG_BYTES)
                .offset("struct vhost_msg_v2", "iotlb.uaddr", VhostLayout.MSG_UADDR)
                .offset("struct vhost_msg_v2", "iotlb.perm", VhostLayout.MSG_PERM)
                .offset("struct vhost_msg_v2", "iotlb.type", VhostLayout.MSG_KIND)
                .expect("VHOST_IOTLB_MSG_V2", VhostLayout.MSG_V2)
                .expect("VHOST_IOTLB_UPDATE", VhostLayout.IOTLB_UPDATE)
                .expect("VHOST_IOTLB_INVALIDATE", VhostLayout.IOTLB_INVALIDATE)
                .expect("VHOST_IOTLB_BATCH_BEGIN", VhostLayout.IOTLB_BATCH_BEGIN)
                .expect("VHOST_IOTLB_BATCH_END", VhostLayout.IOTLB_BATCH_END)
                .expect("VHOST_ACCESS_RO", VhostVdpaDevice.Access.READ.bits)
                .expect("VHOST_ACCESS_WO", VhostVdpaDevice.Access.WRITE.bits)
                .expect("VHOST_ACCESS_RW", VhostVdpaDevice.Access.BOTH.bits)
                .expect("1ULL << VHOST_BACKEND_F_IOTLB_MSG_V2", VhostLayout.BACKEND_F_IOTLB_MSG_V2)
                .expect("1ULL << VHOST_BACKEND_F_IOTLB_BATCH", VhostLayout.BACKEND_F_IOTLB_BATCH)
                .expect("1ULL << VHOST_BACKEND_F_IOTLB_ASID", VhostLayout.BACKEND_F_IOTLB_ASID)
                .expect("1ULL << VHOST_BACKEND_F_SUSPEND", VhostLayout.BACKEND_F_SUSPEND)
                .check();
    }
}
