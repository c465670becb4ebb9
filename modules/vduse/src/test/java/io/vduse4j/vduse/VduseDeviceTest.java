package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.MemorySegment;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/** Every ioctl of a device node: the bytes given, the bytes taken, what failures become. */
class VduseDeviceTest {
    private final FakeNode node = new FakeNode();
    private final VduseDevice device = new VduseDevice(node, "disk0", 4);

    private void sent(int request, byte[] bytes) {
        var call = node.only();
        assertThat(call.request()).isEqualTo(request);
        assertThat(call.bytes()).isEqualTo(bytes);
        node.calls.clear();
    }

    private static ToIntFunction<MemorySegment> filling(byte[] bytes, int result) {
        return argument -> {
            argument.copyFrom(MemorySegment.ofArray(bytes));
            return result;
        };
    }

    @Test
    void setsUpAQueue() throws Exception {
        device.setupQueue(3, 0x8000);
        sent(VduseIoctl.VDUSE_VQ_SETUP, Bytes.zeros(32).u32(0, 3).u16(4, 0x8000).array());
    }

    @Test
    void readsWhatTheDriverMadeOfAQueue() throws Exception {
        node.answer(filling(
                Bytes.zeros(48)
                        .u32(0, 2)
                        .u32(4, 256)
                        .u64(8, 0x47ffc000L)
                        .u64(16, 0x47ffd000L)
                        .u64(24, -4096)
                        .u16(32, 0xfffe)
                        // The other form of the union and the padding, which are none of a split queue's business.
                        .u16(34, 0xdead)
                        .u64(40, -1L)
                        .u8(40, 1)
                        .array(),
                0));
        var packed = new VirtqueueState(0xdead & 0x7fff, 0);
        QueueInfo info = device.queueInfo(2);
        assertThat(info).isEqualTo(new QueueInfo(256, 0x47ffc000L, 0x47ffd000L, -4096, 0xfffe, packed, true));
        assertThat(info.state(false)).isEqualTo(VirtqueueState.split(0xfffe));
        assertThat(info.state(true)).isEqualTo(packed);
        sent(VduseIoctl.VDUSE_VQ_GET_INFO, Bytes.zeros(48).u32(0, 2).array());
    }

    @Test
    void aQueueThatNobodySetUpIsNotReady() throws Exception {
        assertThat(device.queueInfo(0)).isEqualTo(new QueueInfo(0, 0, 0, 0, 0, VirtqueueState.split(0), false));
    }

    @Test
    void givesAndTakesAKickEventfd() throws Exception {
        try (var kick = EventFd.create()) {
            device.setKick(1, kick.fd());
            sent(
                    VduseIoctl.VDUSE_VQ_SETUP_KICKFD,
                    Bytes.zeros(8).u32(0, 1).u32(4, kick.fd().number()).array());
        }
        device.clearKick(1);
        sent(
                VduseIoctl.VDUSE_VQ_SETUP_KICKFD,
                Bytes.zeros(8).u32(0, 1).u32(4, -1).array());
    }

    @Test
    void injectsByAPointerToTheIndex() {
        node.answer(0).answer(-Errno.EINVAL);
        assertThat(device.injectQueueInterrupt(3)).isZero();
        sent(VduseIoctl.VDUSE_VQ_INJECT_IRQ, Bytes.zeros(4).u32(0, 3).array());
        assertThat(device.injectQueueInterrupt(0)).isEqualTo(-Errno.EINVAL);
        sent(VduseIoctl.VDUSE_VQ_INJECT_IRQ, Bytes.zeros(4).array());
    }

    @Test
    void injectAnswersForQueuesThatAreNotThere() {
        assertThat(device.injectQueueInterrupt(4)).isEqualTo(-Errno.EINVAL);
        assertThat(device.injectQueueInterrupt(-1)).isEqualTo(-Errno.EINVAL);
        assertThat(node.calls).isEmpty();
    }

    @Test
    void writesTheConfigurationSpace() throws Exception {
        device.setConfig(0x28, new byte[] {7, 8, 9});
        sent(
                VduseIoctl.VDUSE_DEV_SET_CONFIG,
                Bytes.zeros(11)
                        .u32(0, 0x28)
                        .u32(4, 3)
                        .raw(8, (byte) 7, (byte) 8, (byte) 9)
                        .array());
        node.answer(-Errno.EINVAL);
        assertThat(device.injectConfigInterrupt()).isEqualTo(-Errno.EINVAL);
        sent(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ, new byte[0]);
    }

    @Test
    void readsTheDriversFeatures() throws Exception {
        node.answer(filling(Bytes.zeros(8).u64(0, 1L << 63 | 5).array(), 0));
        assertThat(device.driverFeatures()).isEqualTo(1L << 63 | 5);
        sent(VduseIoctl.VDUSE_DEV_GET_FEATURES, new byte[8]);
    }

    @Test
    void findsARegionWithItsDescriptor() throws Exception {
        var given = EventFd.create().fd();
        int number = given.number();
        node.answer(filling(
                Bytes.zeros(32)
                        .u64(0, 0x1000)
                        .u64(8, 0)
                        .u64(16, 0x3ffffff)
                        .u8(24, 3)
                        .array(),
                number));
        var entry = device.iotlb(0x2000, 0x2fff).orElseThrow();
        sent(
                VduseIoctl.VDUSE_IOTLB_GET_FD,
                Bytes.zeros(32).u64(8, 0x2000).u64(16, 0x2fff).array());
        try (var fd = entry.fd()) {
            assertThat(fd.number()).isEqualTo(number);
            assertThat(entry).isEqualTo(new IotlbEntry(0, 0x3ffffff, 0x1000, 3, fd));
            assertThat(entry.writable()).isTrue();
            assertThat(new IotlbEntry(0, 1, 0, 1, fd).writable()).isFalse();
        }
        // The entry owned the descriptor, so it is gone.
        assertThatThrownBy(given::close).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aRangeWithoutARegionIsEmpty() throws Exception {
        node.answer(-Errno.EINVAL).answer(-Errno.EINVAL);
        assertThat(device.iotlb(0, -1)).isEmpty();
        assertThat(device.iotlbInfo(0, -1)).isEmpty();
    }

    @Test
    void rangesAreUnsignedAndInOrder() throws Exception {
        node.answer(-Errno.EINVAL);
        assertThat(device.iotlb(1, -1)).isEmpty();
        assertThatThrownBy(() -> device.iotlb(-1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0xffffffffffffffff");
        assertThatThrownBy(() -> device.iotlbInfo(2, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tellsWhetherUserMemoryCanBeRegistered() throws Exception {
        node.answer(filling(Bytes.zeros(48).u64(8, 0x3ffffff).u64(16, 1).array(), 0));
        assertThat(device.iotlbInfo(0, 0xfff)).contains(new IotlbInfo(0, 0x3ffffff, true));
        sent(VduseIoctl.VDUSE_IOTLB_GET_INFO, Bytes.zeros(48).u64(8, 0xfff).array());
        node.answer(filling(Bytes.zeros(48).u64(8, 0x3ffffff).u64(16, 2).array(), 0));
        assertThat(device.iotlbInfo(0, 0xfff)).contains(new IotlbInfo(0, 0x3ffffff, false));
    }

    @Test
    void registersAndDeregistersUserMemory() throws Exception {
        device.registerUserMemory(0x7f0000001000L, 0, 64 << 20);
        sent(
                VduseIoctl.VDUSE_IOTLB_REG_UMEM,
                Bytes.zeros(48).u64(0, 0x7f0000001000L).u64(16, 64 << 20).array());
        device.deregisterUserMemory(0x1000, 64 << 20);
        sent(
                VduseIoctl.VDUSE_IOTLB_DEREG_UMEM,
                Bytes.zeros(48).u64(8, 0x1000).u64(16, 64 << 20).array());
        node.answer(-Errno.ENOMEM).answer(-Errno.ENOENT);
        failure(() -> device.registerUserMemory(0, 0, 0), Errno.ENOMEM, "RLIMIT_MEMLOCK");
        failure(() -> device.deregisterUserMemory(0, 0), Errno.ENOENT, "no user memory is registered");
    }

    @Test
    void errorsNameTheDeviceAndWhatItMeans() {
        node.answer(-Errno.EPERM).answer(-Errno.ENOTTY).answer(-Errno.EINVAL).answer(-Errno.EMFILE);
        failure(() -> device.driverFeatures(), Errno.EPERM, "VDUSE_DEV_GET_FEATURES disk0", "the device is broken");
        failure(() -> device.iotlbInfo(0, 1), Errno.ENOTTY, "too old");
        failure(() -> device.queueInfo(9), Errno.EINVAL, "no virtqueue of that index");
        failure(() -> device.iotlb(0, 1), Errno.EMFILE, "RLIMIT_NOFILE");
        device.close();
        failure(() -> device.setupQueue(0, 1), Errno.EBADF, "disk0");
    }

    @Test
    void isBrokenOnlyWhenPollSaysSo() {
        assertThat(device.isBroken()).isFalse();
        node.events = VduseNode.POLLIN | VduseNode.POLLOUT;
        assertThat(device.isBroken()).isFalse();
        node.events |= VduseNode.POLLERR;
        assertThat(device.isBroken()).isTrue();
        node.events = -Errno.EBADF & ~VduseNode.POLLERR;
        assertThat(device.poll(VduseNode.POLLIN, 0)).isEqualTo(node.events & (VduseNode.POLLIN | VduseNode.POLLERR));
    }

    private static void failure(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, int errno, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(errno))
                .message()
                .contains(parts);
    }

    /** Kernel 7.0 has the structure in another size; its number is tried when the present one is unknown. */
    @Test
    void addressSpacesAreAskedInBothForms() throws Exception {
        node.answer(-Errno.ENOTTY)
                .answer(-Errno.EINVAL)
                .answer(-Errno.EINVAL)
                .answer(-Errno.ENOTTY)
                .answer(-Errno.ENOTTY);
        var groups = new VduseGroups(device);
        assertThat(groups.iotlb(3, 0x1000, 0x1fff)).isEmpty();
        assertThat(node.calls).extracting(FakeNode.Call::request).containsExactly(0xc050811b, 0xc058811b);
        assertThat(node.calls.getLast().bytes())
                .isEqualTo(Bytes.zeros(88)
                        .u64(8, 0x1000)
                        .u64(16, 0x1fff)
                        .u32(32, 3)
                        .array());
        assertThat(groups.iotlb(3, 0, 0)).as("one is enough").isEmpty();
        failure(() -> groups.iotlb(0, 0, 0), Errno.ENOTTY, "too old");
        assertThat(node.calls).hasSize(5);
    }
}
