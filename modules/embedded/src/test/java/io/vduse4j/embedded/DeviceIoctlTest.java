package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqConfigLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkConfig;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Spec("kernel-behaviour 2.3")
class DeviceIoctlTest {
    private static final int SETUP = VduseIoctl.VDUSE_VQ_SETUP;
    private static final int KICKFD = VduseIoctl.VDUSE_VQ_SETUP_KICKFD;

    private final Machine machine;
    private final VduseNode node;

    DeviceIoctlTest() throws Exception {
        machine = new Machine();
        node = machine.device("disk0");
    }

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void unknownIoctlsAreEnottyOnADevice() {
        assertThat(node.ioctl(0x12345678, MemorySegment.NULL)).isEqualTo(-Errno.ENOTTY);
        assertThat(node.ioctl(VduseApi1.VDUSE_IOTLB_GET_FD2, Raw.zeros(80))).isEqualTo(-Errno.ENOTTY);
        assertThat(node.ioctl(VduseIoctl.VDUSE_CREATE_DEV, Raw.dev("x"))).isEqualTo(-Errno.ENOTTY);
    }

    @Test
    void badAddressesAreEfault() {
        int[] requests = {
            VduseIoctl.VDUSE_IOTLB_GET_FD,
            VduseIoctl.VDUSE_IOTLB_GET_INFO,
            VduseIoctl.VDUSE_DEV_GET_FEATURES,
            VduseIoctl.VDUSE_DEV_SET_CONFIG,
            SETUP,
            VduseIoctl.VDUSE_VQ_GET_INFO,
            KICKFD,
            VduseIoctl.VDUSE_VQ_INJECT_IRQ,
            VduseIoctl.VDUSE_IOTLB_REG_UMEM,
            VduseIoctl.VDUSE_IOTLB_DEREG_UMEM
        };
        for (int request : requests) {
            assertThat(node.ioctl(request, MemorySegment.NULL)).isEqualTo(-Errno.EFAULT);
            assertThat(node.ioctl(request, Raw.zeros(3))).isEqualTo(-Errno.EFAULT);
        }
        var readOnly = Raw.zeros(48).asReadOnly();
        assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_GET_FEATURES, readOnly)).isEqualTo(-Errno.EFAULT);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, readOnly)).isEqualTo(-Errno.EFAULT);
    }

    @Test
    void queueSetUpTakesAnySizeAndNoDirt() {
        for (int size : new int[] {0, 1, 3, 0xffff}) {
            assertThat(node.ioctl(SETUP, Raw.vq(0, size))).isZero();
        }
        assertThat(node.ioctl(SETUP, Raw.vq(2, 8))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(SETUP, Raw.vq(-1, 8))).isEqualTo(-Errno.EINVAL);
        for (int dirty : new int[] {VqConfigLayout.RESERVED, 8, 12, VqConfigLayout.SIZE - 1}) {
            var argument = Raw.vq(0, 8);
            argument.set(JAVA_BYTE, dirty, (byte) 1);
            assertThat(node.ioctl(SETUP, argument)).isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void queueInfoEchoesWhatItDoesNotSay() throws Exception {
        var before = Raw.vqInfo(1);
        before.asSlice(4).fill((byte) 0x77);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, before)).isZero();
        assertThat(before.get(JAVA_INT, VqInfoLayout.NUM)).isZero();
        assertThat(before.get(JAVA_LONG, VqInfoLayout.DESC_ADDR)).isZero();
        assertThat(before.get(JAVA_SHORT, VqInfoLayout.SPLIT_AVAIL_INDEX)).isZero();
        assertThat(before.get(JAVA_SHORT, 34)).as("split: untouched").isEqualTo((short) 0x7777);
        assertThat(Raw.u8(before, VqInfoLayout.READY)).isZero();
        assertThat(Raw.u8(before, 41)).isEqualTo(0x77);
        VdpaOps device = machine.attach("disk0");
        device.setVqNum(1, 64);
        device.setVqAddress(1, 0x1000, 0x2000, 0x3000);
        device.setVqState(1, 0x8001_7002_0001_1234L);
        device.setVqReady(1, true);
        var info = Raw.vqInfo(1);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, info)).isZero();
        assertThat(info.get(JAVA_INT, VqInfoLayout.NUM)).isEqualTo(64);
        assertThat(info.get(JAVA_LONG, VqInfoLayout.DESC_ADDR)).isEqualTo(0x1000);
        assertThat(info.get(JAVA_LONG, VqInfoLayout.DRIVER_ADDR)).isEqualTo(0x2000);
        assertThat(info.get(JAVA_LONG, VqInfoLayout.DEVICE_ADDR)).isEqualTo(0x3000);
        assertThat(info.get(JAVA_LONG, 32)).isEqualTo(0x1234);
        assertThat(Raw.u8(info, VqInfoLayout.READY)).isEqualTo(1);
        device.setDriverFeatures(VirtioFeatures.RING_PACKED);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, info)).isZero();
        assertThat(info.get(JAVA_LONG, 32)).isEqualTo(0x8001_7002_0001_1234L);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, Raw.vqInfo(2))).isEqualTo(-Errno.EINVAL);
    }

    @Test
    @Spec("kernel-behaviour 11 item 18")
    void configurationBounds() throws Exception {
        int request = VduseIoctl.VDUSE_DEV_SET_CONFIG;
        int size = BlkConfig.BYTES;
        assertThat(node.ioctl(request, Raw.setConfig(size, 0, 0))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(request, Raw.setConfig(0, 0, 0))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(request, Raw.setConfig(size, 1, 1))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(request, Raw.setConfig(size + 1, 1, 1))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(request, Raw.setConfig(8, size - 7, size - 7))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(request, Raw.setConfig(8, -4, 4)))
                .as("u32 overflow")
                .isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(request, Raw.setConfig(-1, 1, 1))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(request, Raw.setConfig(8, 4, 3))).as("data").isEqualTo(-Errno.EFAULT);
        assertThat(node.ioctl(request, Raw.setConfig(size - 2, 2, 2))).isZero();
        var seen = Raw.zeros(8);
        VdpaOps device = machine.attach("disk0");
        int generation = device.generation();
        device.config(size - 4, seen);
        assertThat(seen.get(JAVA_LONG, 0)).as("zero behind the end").isEqualTo(0x5a5a_0000L);
        seen.fill((byte) 1);
        device.config(size + 1, seen);
        assertThat(seen.get(JAVA_LONG, 0)).isZero();
        assertThat(node.ioctl(request, Raw.setConfig(0, 1, 1)))
                .as("also when attached")
                .isZero();
        assertThat(device.generation()).isEqualTo(generation);
    }

    @Test
    void kickDescriptors() throws Exception {
        try (var eventFd = EventFd.create();
                var file = Fd.open("/dev/null", OpenFlags.O_RDWR)) {
            int good = eventFd.fd().number();
            assertThat(node.ioctl(KICKFD, Raw.kick(2, -7))).isEqualTo(-Errno.EINVAL);
            assertThat(node.ioctl(KICKFD, Raw.kick(0, 1_000_000))).isEqualTo(-Errno.EBADF);
            assertThat(node.ioctl(KICKFD, Raw.kick(0, file.number()))).isEqualTo(-Errno.EINVAL);
            assertThat(node.ioctl(KICKFD, Raw.kick(0, good))).isZero();
            assertThat(node.ioctl(KICKFD, Raw.kick(0, -2))).as("does nothing").isZero();
            VdpaOps device = machine.attach("disk0");
            device.setVqReady(0, true);
            device.kickVq(0);
            assertThat(eventFd.drain()).isEqualTo(1);
            assertThat(node.ioctl(KICKFD, Raw.kick(0, -1))).isZero();
            device.kickVq(0);
            assertThat(eventFd.drain()).as("taken away").isZero();
        }
    }

    @Test
    @Spec("kernel-behaviour 11 item 13")
    void aKickBeforeTheDescriptorIsRememberedOnceAndOnlyWhenReady() throws Exception {
        VdpaOps device = machine.attach("disk0");
        try (var eventFd = EventFd.create()) {
            int number = eventFd.fd().number();
            device.kickVq(0);
            device.setVqReady(0, true);
            assertThat(node.ioctl(KICKFD, Raw.kick(0, number))).isZero();
            assertThat(eventFd.drain()).as("the queue was not ready").isZero();
            assertThat(node.ioctl(KICKFD, Raw.kick(0, -1))).isZero();
            device.kickVq(0);
            device.kickVq(0);
            assertThat(node.ioctl(KICKFD, Raw.kick(0, number))).isZero();
            assertThat(eventFd.drain()).isEqualTo(1);
            assertThat(node.ioctl(KICKFD, Raw.kick(0, number))).isZero();
            assertThat(eventFd.drain()).as("delivered").isZero();
        }
    }

    @Test
    void theCallerMayCloseItsKickDescriptor() throws Exception {
        VdpaOps device = machine.attach("disk0");
        device.setVqReady(0, true);
        try (var ours = EventFd.create()) {
            try (var given = ours.fd().duplicate()) {
                assertThat(node.ioctl(KICKFD, Raw.kick(0, given.number()))).isZero();
            }
            device.kickVq(0);
            assertThat(ours.drain()).isEqualTo(1);
        }
    }

    @Test
    void featuresMirrorWhatTheDriverWrote() throws Exception {
        var features = Raw.u64(-1);
        assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_GET_FEATURES, features)).isZero();
        assertThat(features.get(JAVA_LONG, 0)).isZero();
        machine.attach("disk0").setDriverFeatures(-1L);
        assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_GET_FEATURES, features)).isZero();
        assertThat(features.get(JAVA_LONG, 0)).as("not masked").isEqualTo(-1L);
    }
}
