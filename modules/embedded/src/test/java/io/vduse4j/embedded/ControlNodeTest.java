package io.vduse4j.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Spec("kernel-behaviour 2.1, 2.2")
class ControlNodeTest {
    private final Machine machine;

    ControlNodeTest() throws Exception {
        machine = new Machine();
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private int create(MemorySegment argument) {
        return machine.control.ioctl(VduseIoctl.VDUSE_CREATE_DEV, argument);
    }

    private int destroy(String name) {
        return machine.control.ioctl(VduseIoctl.VDUSE_DESTROY_DEV, Raw.name(name));
    }

    private static void refused(ThrowingCallable call, int errno) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }

    @Test
    void theVersionIsZeroAndNoOtherIsTaken() {
        var version = Raw.u64(-1);
        assertThat(machine.control.ioctl(VduseIoctl.VDUSE_GET_API_VERSION, version))
                .isZero();
        assertThat(version.get(ValueLayout.JAVA_LONG, 0)).isZero();
        assertThat(machine.control.ioctl(VduseIoctl.VDUSE_SET_API_VERSION, Raw.u64(0)))
                .isZero();
        assertThat(machine.control.ioctl(VduseIoctl.VDUSE_SET_API_VERSION, Raw.u64(1)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(machine.control.ioctl(VduseIoctl.VDUSE_SET_API_VERSION, Raw.u64(-1)))
                .isEqualTo(-Errno.EINVAL);
    }

    @Test
    void badAddressesAreEfault() {
        int[] requests = {
            VduseIoctl.VDUSE_GET_API_VERSION,
            VduseIoctl.VDUSE_SET_API_VERSION,
            VduseIoctl.VDUSE_CREATE_DEV,
            VduseIoctl.VDUSE_DESTROY_DEV
        };
        for (int request : requests) {
            assertThat(machine.control.ioctl(request, MemorySegment.NULL)).isEqualTo(-Errno.EFAULT);
            assertThat(machine.control.ioctl(request, Raw.zeros(7))).isEqualTo(-Errno.EFAULT);
        }
        assertThat(machine.control.ioctl(
                        VduseIoctl.VDUSE_GET_API_VERSION, Raw.u64(0).asReadOnly()))
                .isEqualTo(-Errno.EFAULT);
    }

    @Test
    void unknownIoctlsAreEinvalOnTheControlNode() {
        assertThat(machine.control.ioctl(VduseApi1.VDUSE_GET_FEATURES, Raw.u64(0)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(machine.control.ioctl(VduseApi1.VDUSE_SET_FEATURES, Raw.u64(0)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(machine.control.ioctl(0x12345678, Raw.u64(0))).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void theControlNodeIsNeitherReadNorWritten() {
        assertThat(machine.control.read(Raw.zeros(152))).isEqualTo(-Errno.EINVAL);
        assertThat(machine.control.write(Raw.zeros(152))).isEqualTo(-Errno.EINVAL);
        int both = VduseNode.POLLIN | VduseNode.POLLOUT;
        assertThat(machine.control.poll(both, 0)).isEqualTo(both);
    }

    private static Arguments refused(String rule, UnaryOperator<MemorySegment> change) {
        return Arguments.of(rule, change);
    }

    static Stream<Arguments> invalidDevices() {
        int page = (int) NativeMemory.pageSize();
        return Stream.of(
                refused("reserved words", a -> Raw.with(a, DevConfigLayout.RESERVED, 1)),
                refused("last reserved word", a -> Raw.with(a, DevConfigLayout.CONFIG_SIZE - 4, 1)),
                refused("vq_align", a -> Raw.with(a, DevConfigLayout.VQ_ALIGN, page + 1)),
                refused("vq_align, unsigned", a -> Raw.with(a, DevConfigLayout.VQ_ALIGN, -1)),
                refused("no alignment", a -> Raw.with(a, DevConfigLayout.VQ_ALIGN, 0)),
                refused("alignment of less than the used ring's", a -> Raw.with(a, DevConfigLayout.VQ_ALIGN, 2)),
                refused("odd alignment", a -> Raw.with(a, DevConfigLayout.VQ_ALIGN, 5)),
                refused("config_size", a -> Raw.with(a, DevConfigLayout.CONFIG_SIZE, page + 1)),
                refused("config_size, unsigned", a -> Raw.with(a, DevConfigLayout.CONFIG_SIZE, -1)),
                refused("vq_num", a -> Raw.with(a, DevConfigLayout.VQ_NUM, 0x10000)),
                refused("vq_num, unsigned", a -> Raw.with(a, DevConfigLayout.VQ_NUM, -1)),
                refused("name", a -> Raw.with(a, DevConfigLayout.NAME, 0)),
                refused("device_id", a -> Raw.with(a, DevConfigLayout.DEVICE_ID, 3)),
                refused("file systems came with 6.15", a -> Raw.with(a, DevConfigLayout.DEVICE_ID, 26)),
                refused("ACCESS_PLATFORM", a -> Raw.with(a, DevConfigLayout.FEATURES, 1L << 32)),
                refused("block with CONFIG_WCE", a -> Raw.with(a, DevConfigLayout.FEATURES, 1L << 33 | 1L << 11)),
                refused(
                        "net with CTRL_VQ",
                        a -> Raw.with(
                                Raw.with(a, DevConfigLayout.FEATURES, 3L << 32 | 1L << 17),
                                DevConfigLayout.DEVICE_ID,
                                1)),
                refused(
                        "net without VERSION_1",
                        a -> Raw.with(Raw.with(a, DevConfigLayout.FEATURES, 1L << 33), DevConfigLayout.DEVICE_ID, 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("invalidDevices")
    void createRefusesWithEinval(String rule, UnaryOperator<MemorySegment> change) {
        assertThat(create(change.apply(Raw.dev("disk0")))).as(rule).isEqualTo(-Errno.EINVAL);
        assertThat(create(Raw.dev("disk0"))).isZero();
    }

    static Stream<Arguments> validDevices() {
        return Stream.of(
                refused("no queues", a -> Raw.with(a, DevConfigLayout.VQ_NUM, 0)),
                refused("most queues", a -> Raw.with(a, DevConfigLayout.VQ_NUM, 0xffff)),
                refused("least alignment", a -> Raw.with(a, DevConfigLayout.VQ_ALIGN, 4)),
                refused("no configuration", a -> Raw.with(a, DevConfigLayout.CONFIG_SIZE, 0)),
                refused("block without VERSION_1", a -> Raw.with(a, DevConfigLayout.FEATURES, 1L << 33)),
                refused("net", a -> Raw.with(a, DevConfigLayout.DEVICE_ID, 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("validDevices")
    void createTakesWhatTheKernelTakes(String rule, UnaryOperator<MemorySegment> change) {
        assertThat(create(change.apply(Raw.dev("disk0")))).as(rule).isZero();
    }

    @Test
    void theOrderOfChecksOfCreateIsHeaderRulesConfigurationName() throws Exception {
        machine.device("disk0");
        var taken = Raw.dev("disk0");
        assertThat(create(taken.asSlice(0, 335))).isEqualTo(-Errno.EFAULT);
        var dirty = Raw.with(Raw.dev("disk0"), DevConfigLayout.RESERVED, 1);
        assertThat(create(dirty.asSlice(0, 336))).isEqualTo(-Errno.EINVAL);
        assertThat(create(taken.asSlice(0, 337))).isEqualTo(-Errno.EFAULT);
        assertThat(create(taken)).isEqualTo(-Errno.EEXIST);
    }

    @Test
    void namesAreTakenNearlyAsTheyCome() throws Exception {
        assertThat(create(Raw.dev("control"))).isEqualTo(-Errno.EEXIST);
        assertThat(create(Raw.dev("a/b"))).isZero();
        machine.open("a!b").close();
        assertThat(create(Raw.dev("a!b"))).as("same node").isEqualTo(-Errno.EEXIST);
        assertThat(destroy("a/b")).isZero();
        var longName = Raw.dev("x".repeat(254));
        longName.set(ValueLayout.JAVA_BYTE, 254, (byte) 'x');
        longName.set(ValueLayout.JAVA_BYTE, 255, (byte) 'y');
        assertThat(create(longName)).as("the last byte counts as zero").isZero();
        assertThat(destroy("x".repeat(255))).isZero();
    }

    @Test
    @Spec("kernel-behaviour 11 item 8")
    void destroyWantsAllOfTheNameAndAnUnusedDevice() throws Exception {
        assertThat(destroy("disk0")).isEqualTo(-Errno.EINVAL);
        var node = machine.device("disk0");
        var name = Raw.name("disk0");
        assertThat(machine.control.ioctl(VduseIoctl.VDUSE_DESTROY_DEV, name.asSlice(0, 255)))
                .isEqualTo(-Errno.EFAULT);
        assertThat(destroy("disk0")).as("open").isEqualTo(-Errno.EBUSY);
        machine.attach("disk0");
        node.close();
        assertThat(destroy("disk0")).as("attached").isEqualTo(-Errno.EBUSY);
        assertThat(machine.vdpa(4, "disk0").errno()).isZero();
        assertThat(destroy("disk0")).isZero();
        assertThat(destroy("disk0")).isEqualTo(-Errno.EINVAL);
    }

    @Test
    @Spec("kernel-behaviour 11 item 8")
    void aDeviceIsOpenOnce() throws Exception {
        refused(() -> machine.kernel.open("disk0"), Errno.ENOENT);
        var node = machine.device("disk0");
        refused(() -> machine.kernel.open("disk0"), Errno.EBUSY);
        node.close();
        machine.open("disk0");
        machine.kernel.open("control").close();
        refused(() -> machine.kernel.open("../control"), Errno.EINVAL);
    }

    @Test
    void aClosedNodeIsEbadf() throws Exception {
        var node = machine.device("disk0");
        node.close();
        var control = machine.kernel.open("control");
        control.close();
        for (var closed : new VduseNode[] {node, control}) {
            assertThat(closed.ioctl(VduseIoctl.VDUSE_DEV_GET_FEATURES, Raw.u64(0)))
                    .isEqualTo(-Errno.EBADF);
            assertThat(closed.read(Raw.zeros(152))).isEqualTo(-Errno.EBADF);
            assertThat(closed.write(Raw.zeros(152))).isEqualTo(-Errno.EBADF);
            assertThat(closed.poll(VduseNode.POLLIN, 0)).isEqualTo(-Errno.EBADF);
        }
    }

    @Test
    @Spec("kernel-behaviour 3.2, 5.1")
    void attributesOfADevice() throws Exception {
        var kernel = machine.kernel;
        machine.device("disk0");
        assertThat(kernel.readAttribute("disk0", "msg_timeout")).isEqualTo("30");
        assertThat(kernel.readAttribute("disk0", "bounce_size")).isEqualTo("67108864");
        for (var good : new String[] {"0", "4294967295", "+7", "007\n", "42"}) {
            kernel.writeAttribute("disk0", "msg_timeout", good);
        }
        assertThat(kernel.readAttribute("disk0", "msg_timeout")).isEqualTo("42");
        kernel.writeAttribute("disk0", "msg_timeout", "");
        for (var bad : new String[] {"x", "-1", " 1", "1 ", "0x10", "+", "\n"}) {
            refused(() -> kernel.writeAttribute("disk0", "msg_timeout", bad), Errno.EINVAL);
        }
        for (var large : new String[] {"4294967296", "99999999999999999999"}) {
            refused(() -> kernel.writeAttribute("disk0", "msg_timeout", large), Errno.ERANGE);
        }
        assertThat(kernel.readAttribute("disk0", "msg_timeout")).isEqualTo("42");
        for (var size : new String[] {"1048575", "1073741825", "0"}) {
            refused(() -> kernel.writeAttribute("disk0", "bounce_size", size), Errno.EINVAL);
        }
        kernel.writeAttribute("disk0", "bounce_size", "1048577");
        assertThat(kernel.readAttribute("disk0", "bounce_size")).isEqualTo("1048576");
        machine.attach("disk0");
        refused(() -> kernel.writeAttribute("disk0", "bounce_size", "x"), Errno.EPERM);
        refused(() -> kernel.readAttribute("disk0", "address"), Errno.ENOENT);
        refused(() -> kernel.writeAttribute("disk0", "address", "1"), Errno.ENOENT);
        refused(() -> kernel.readAttribute("disk1", "msg_timeout"), Errno.ENOENT);
        refused(() -> kernel.readAttribute("control", "msg_timeout"), Errno.ENOENT);
    }

    @Test
    void profilesHaveNames() {
        assertThat(KernelProfile.of("linux-6.12")).contains(KernelProfile.LINUX_6_12);
        assertThat(KernelProfile.of("linux-7.3")).contains(KernelProfile.LINUX_7_3);
        assertThat(KernelProfile.of("linux")).isEmpty();
    }
}
