package io.vduse4j.vduse.host.remote;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.Memfd;
import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaUmemLayout;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every call of a node, there and back: bytes, results and descriptors arrive as they were given. */
@Timeout(60)
class RemoteNodeTest extends OpenDisk {
    private static final int PRINTABLE = 0x20;

    private final Arena arena = Arena.ofAuto();

    private MemorySegment pattern(long size) {
        var memory = arena.allocate(size, 8);
        for (long i = 0; i < size; i++) {
            memory.set(JAVA_BYTE, i, (byte) (PRINTABLE + i % 64));
        }
        return memory;
    }

    private void arrives(int request, MemorySegment given, long length) {
        assertThat(node.ioctl(request, given)).isZero();
        assertThat(disk.last().request()).isEqualTo(request);
        assertThat(disk.last().argument()).isEqualTo(given.asSlice(0, length).toArray(JAVA_BYTE));
    }

    @Test
    void anArgumentArrivesAsLongAsItsNumberSays() {
        arrives(VduseIoctl.VDUSE_VQ_SETUP, pattern(40), 32);
        arrives(VduseIoctl.VDUSE_VQ_INJECT_IRQ, pattern(4), 4);
        arrives(VduseIoctl.VDUSE_DESTROY_DEV, pattern(256), 256);
        arrives(VduseIoctl.VDUSE_SET_API_VERSION, pattern(8), 8);
    }

    @Test
    void theTailOfAnArgumentArrivesWithIt() {
        var create = pattern(DevConfigLayout.SIZE + 100);
        create.set(JAVA_INT, DevConfigLayout.CONFIG_SIZE, 60);
        arrives(VduseIoctl.VDUSE_CREATE_DEV, create, DevConfigLayout.SIZE + 60);
        var config = pattern(ConfigDataLayout.SIZE + 100);
        config.set(JAVA_INT, ConfigDataLayout.LENGTH, 30);
        arrives(VduseIoctl.VDUSE_DEV_SET_CONFIG, config, ConfigDataLayout.SIZE + 30);
    }

    /** The host itself finds what is too short, in its own order of checks. */
    @Test
    void aShortArgumentArrivesAsShortAsItIs() {
        var create = pattern(DevConfigLayout.SIZE + 10);
        create.set(JAVA_INT, DevConfigLayout.CONFIG_SIZE, 60);
        arrives(VduseIoctl.VDUSE_CREATE_DEV, create, DevConfigLayout.SIZE + 10);
        create.set(JAVA_INT, DevConfigLayout.CONFIG_SIZE, -1);
        arrives(VduseIoctl.VDUSE_CREATE_DEV, create, DevConfigLayout.SIZE + 10);
        arrives(VduseIoctl.VDUSE_VQ_SETUP, pattern(31), 31);
        arrives(VduseIoctl.VDUSE_DEV_SET_CONFIG, pattern(7), 7);
    }

    @Test
    void noArgumentIsNoArgument() {
        disk.answer(-Errno.EINVAL);
        assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ, MemorySegment.NULL))
                .isEqualTo(-Errno.EINVAL);
        assertThat(disk.last().isNull()).isTrue();
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, MemorySegment.NULL)).isEqualTo(-Errno.EINVAL);
        assertThat(disk.last().isNull()).isTrue();
    }

    @Test
    void whatTheKernelWritesComesBackAlsoWithAnError() {
        var features = arena.allocate(JAVA_LONG);
        assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_GET_FEATURES, features)).isZero();
        assertThat(features.get(JAVA_LONG, 0)).isEqualTo(0x1_0000_0003L);
        var info = pattern(VqInfoLayout.SIZE);
        byte[] before = info.toArray(JAVA_BYTE);
        disk.answer(-Errno.EFAULT);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, info)).isEqualTo(-Errno.EFAULT);
        assertThat(info.get(JAVA_INT, VqInfoLayout.NUM)).isEqualTo(256);
        assertThat(info.asSlice(8).toArray(JAVA_BYTE)).isEqualTo(Arrays.copyOfRange(before, 8, VqInfoLayout.SIZE));
    }

    @Test
    void whatTheKernelOnlyReadsStaysAsItIs() {
        var given = pattern(32);
        byte[] before = given.toArray(JAVA_BYTE);
        arrives(VduseIoctl.VDUSE_VQ_SETUP, given.asReadOnly(), 32);
        assertThat(given.toArray(JAVA_BYTE)).isEqualTo(before);
        assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_GET_FEATURES, given.asReadOnly()))
                .isEqualTo(-Errno.EFAULT);
    }

    /** FIONBIO, FIOCLEX and their like belong to files of any kind and would change the server's. */
    @Test
    void ioctlsOfOthersAreAskedAsOneThatVduseDoesNotHave() {
        disk.answer(-Errno.ENOTTY);
        assertThat(node.ioctl(0x5421, pattern(4))).isEqualTo(-Errno.ENOTTY);
        assertThat(disk.last().request()).isEqualTo(0x81ff);
        assertThat(node.ioctl(0x8004_8177, pattern(4))).isEqualTo(-Errno.ENOTTY);
        assertThat(disk.last().request()).isEqualTo(0x8004_8177);
    }

    @Test
    void userMemoryIsOfAnotherProcess() {
        int calls = disk.calls();
        assertThat(node.ioctl(VduseIoctl.VDUSE_IOTLB_REG_UMEM, arena.allocate(IovaUmemLayout.SIZE, 8)))
                .isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(disk.calls()).isEqualTo(calls);
        arrives(VduseIoctl.VDUSE_IOTLB_DEREG_UMEM, pattern(IovaUmemLayout.SIZE), IovaUmemLayout.SIZE);
    }

    private MemorySegment kick(int number) {
        var argument = arena.allocate(VqEventfdLayout.SIZE, 8);
        argument.set(JAVA_INT, VqEventfdLayout.FD, number);
        return argument;
    }

    @Test
    void anEventfdGoesAlong() throws Exception {
        try (var event = EventFd.create()) {
            var argument = kick(event.fd().number());
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, argument)).isZero();
            assertThat(argument.get(JAVA_INT, VqEventfdLayout.FD))
                    .isEqualTo(event.fd().number());
            disk.kick().signal();
            assertThat(event.drain()).isEqualTo(1);
        }
    }

    @Test
    void numbersThatAreNoDescriptorsArriveAsSuch() {
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, kick(-1))).isZero();
        assertThat(disk.kickNumber()).isEqualTo(-1);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, kick(-7))).isZero();
        assertThat(disk.kickNumber()).isEqualTo(-7);
        // In this process, which is the server's too, 0 is open: that number must not be what is asked.
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, kick(9999))).isEqualTo(-Errno.EBADF);
        assertThat(disk.kickNumber()).isEqualTo(Protocol.NO_DESCRIPTOR);
    }

    @Test
    void aFileThatIsNoEventfdIsRefusedByTheHost() throws Exception {
        try (var file = Memfd.create("no event", 4096)) {
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, kick(file.number())))
                    .isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void memoryComesAsADescriptorOfOnesOwn() throws Exception {
        try (var file = Memfd.create("guest", 8192)) {
            disk.memory(file);
            var entry = arena.allocate(IotlbEntryLayout.SIZE, 8);
            int number = node.ioctl(VduseIoctl.VDUSE_IOTLB_GET_FD, entry);
            assertThat(number).isNotNegative().isNotEqualTo(file.number());
            try (var got = Fd.adopt(number, "got")) {
                assertThat(FileIo.status(got).isSameFile(FileIo.status(file))).isTrue();
            }
        }
    }

    @Test
    void noMemoryIsAnErrno() {
        assertThat(node.ioctl(VduseIoctl.VDUSE_IOTLB_GET_FD, arena.allocate(IotlbEntryLayout.SIZE, 8)))
                .isEqualTo(-Errno.EINVAL);
    }

    @Test
    void messagesAreReadAndAnswered() {
        var buffer = arena.allocate(8);
        assertThat(node.read(buffer)).isEqualTo(-Errno.EAGAIN);
        assertThat(node.read(buffer.asSlice(0, 1))).isEqualTo(-Errno.EINVAL);
        assertThat(node.read(MemorySegment.NULL)).isEqualTo(-Errno.EINVAL);
        disk.send(7);
        assertThat(node.read(buffer.asReadOnly())).isEqualTo(-Errno.EFAULT);
        assertThat(node.read(buffer)).as("the message has stayed").isEqualTo(2);
        assertThat(buffer.asSlice(0, 3).toArray(JAVA_BYTE)).containsExactly(7, 0x55, 0);
        assertThat(node.write(buffer.asSlice(1, 1))).isEqualTo(-Errno.ENOENT);
        assertThat(node.write(buffer.asSlice(0, 1))).isEqualTo(1);
        assertThat(node.write(MemorySegment.NULL)).isEqualTo(-Errno.ENOENT);
        assertThat(node.write(arena.allocate(1 << 20))).isEqualTo(-Errno.ENOENT);
    }

    @Test
    void aClosedNodeAnswersEbadf() {
        node.close();
        assertThat(disk.isOpen()).isFalse();
        assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ, MemorySegment.NULL))
                .isEqualTo(-Errno.EBADF);
        assertThat(node.read(arena.allocate(152))).isEqualTo(-Errno.EBADF);
        assertThat(node.write(arena.allocate(152))).isEqualTo(-Errno.EBADF);
        assertThat(node.poll(VduseNode.POLLIN, 0)).isEqualTo(-Errno.EBADF);
        assertThat(node.poll(VduseNode.POLLIN, 1000)).isEqualTo(-Errno.EBADF);
        node.wake();
        node.close();
    }
}
