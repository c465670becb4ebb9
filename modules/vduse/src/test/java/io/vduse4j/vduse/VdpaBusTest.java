package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkMessage;
import io.vduse4j.linux.NetlinkReply;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class VdpaBusTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final FakeHost host = new FakeHost();
    private final VdpaBus bus = new VdpaBus(host);

    private void answers(int command, NetlinkAttributes.Builder... messages) {
        host.reply = new NetlinkReply(
                0,
                "",
                List.of(messages).stream()
                        .map(one -> new NetlinkMessage(command, NetlinkAttributes.parse(one.build())))
                        .toList());
    }

    @Test
    void attachesWithNameAndManagementDevice() throws Exception {
        bus.add("disk0", LONG);
        assertThat(host.log).containsExactly("vdpa 3");
        var sent = NetlinkAttributes.parse(host.sent);
        assertThat(sent.types()).containsExactlyInAnyOrder(4, 2);
        assertThat(sent.string(4)).contains("disk0");
        assertThat(sent.string(2)).contains("vduse");
    }

    @Test
    void detachesByName() throws Exception {
        bus.delete("disk0", LONG);
        assertThat(host.log).containsExactly("vdpa 4");
        assertThat(NetlinkAttributes.parse(host.sent).string(4)).contains("disk0");
    }

    @Test
    void decodesManagementDevices() throws Exception {
        answers(
                1,
                NetlinkAttributes.builder()
                        .string(2, "vduse")
                        .u64(3, 6)
                        .u32(15, 0)
                        .u64(16, 0),
                NetlinkAttributes.builder()
                        .string(1, "pci")
                        .string(2, "0000:01:00.0")
                        .u64(3, 2)
                        .u32(15, 9)
                        .u64(16, -1));
        assertThat(bus.managementDevices(LONG))
                .containsExactly(
                        new VdpaManagementDevice(Optional.empty(), "vduse", 6, 0, 0),
                        new VdpaManagementDevice(Optional.of("pci"), "0000:01:00.0", 2, 9, -1));
        assertThat(host.log).containsExactly("vdpa 2 dump");
    }

    @Test
    void decodesDevices() throws Exception {
        var one = NetlinkAttributes.builder()
                .string(4, "disk0")
                .string(2, "vduse")
                .u32(5, 2)
                .u32(6, 0x1af4)
                .u32(7, 4)
                .u16(8, 0x8000)
                .u16(9, 1);
        answers(3, one);
        var expected = new VdpaDevice("disk0", "vduse", 2, 0x1af4, 4, 0x8000, 1);
        assertThat(bus.devices(LONG)).containsExactly(expected);
        assertThat(bus.device("disk0", LONG)).contains(expected);
        assertThat(host.log).containsExactly("vdpa 5 dump", "vdpa 5");
        assertThat(NetlinkAttributes.parse(host.sent).string(4)).contains("disk0");
    }

    @Test
    void decodesTheConfigurationOfABlockDevice() throws Exception {
        answers(
                6,
                NetlinkAttributes.builder()
                        .string(4, "disk0")
                        .u32(5, 2)
                        .u64(14, 1L << 33)
                        .u64(20, 3L << 32)
                        .u64(21, 2048)
                        .u32(23, 512)
                        .u32(24, 126)
                        .u16(25, 4)
                        .u8(35, 0)
                        .u8(36, 1));
        assertThat(bus.config("disk0", LONG))
                .contains(new VdpaConfig(
                        "disk0",
                        2,
                        OptionalLong.of(1L << 33),
                        OptionalLong.of(3L << 32),
                        Optional.of(new VdpaBlockConfig(
                                OptionalLong.of(2048),
                                OptionalInt.of(512),
                                OptionalInt.of(126),
                                OptionalInt.of(4),
                                OptionalInt.of(0),
                                OptionalInt.of(1)))));
        assertThat(host.log).containsExactly("vdpa 6");
    }

    @Test
    void aNumberThatChangedItsMeaningIsNoCapacity() throws Exception {
        answers(6, NetlinkAttributes.builder().string(4, "net0").u32(5, 1).u64(21, 1L << 33));
        var config = bus.config("net0", LONG).orElseThrow();
        assertThat(config.block()).isEmpty();
        assertThat(config.negotiatedFeatures()).isEmpty();
    }

    @Test
    void aDeviceThatIsNotThereIsEmpty() throws Exception {
        host.reply = new NetlinkReply(Errno.ENODEV, "device not found", List.of());
        assertThat(bus.device("disk0", LONG)).isEmpty();
        assertThat(bus.config("disk0", LONG)).isEmpty();
        failure(() -> bus.delete("disk0", LONG), Errno.ENODEV, "it is not on the vdpa bus", "device not found");
    }

    @Test
    void errorsSayWhatToDoAndWhatTheKernelSaid() {
        host.reply = new NetlinkReply(Errno.EPERM, "", List.of());
        failure(() -> bus.add("disk0", LONG), Errno.EPERM, "VDPA_CMD_DEV_NEW disk0", "CAP_NET_ADMIN");
        host.reply = new NetlinkReply(Errno.EINVAL, "name is odd", List.of());
        failure(() -> bus.add("disk0", LONG), Errno.EINVAL, "given no size", "the kernel says: name is odd");
        host.reply = new NetlinkReply(Errno.EEXIST, "", List.of());
        failure(() -> bus.add("disk0", LONG), Errno.EEXIST, "attached to the vdpa bus already");
        host.reply = new NetlinkReply(Errno.ENODEV, "", List.of());
        failure(() -> bus.add("disk0", LONG), Errno.ENODEV, "modprobe vduse");
        host.reply = new NetlinkReply(Errno.EOPNOTSUPP, "", List.of());
        failure(() -> bus.config("disk0", LONG), Errno.EOPNOTSUPP, "type of device");
    }

    @Test
    void answersThatMakeNoSenseAreFailures() {
        failure(() -> bus.device("disk0", LONG), Errno.EPROTO, "sent no answer");
        answers(3, NetlinkAttributes.builder().string(4, "disk0").u16(5, 2));
        failure(() -> bus.device("disk0", LONG), Errno.EBADMSG, "attribute 5");
    }

    @Test
    void whatIsNoNameIsNotSent() {
        failure(() -> bus.add("a/b", LONG), Errno.EINVAL, "cannot contain '/'");
        failure(() -> bus.delete("", LONG), Errno.EINVAL, "cannot be empty");
        failure(() -> bus.device("..", LONG), Errno.EINVAL, "directory");
        assertThat(host.log).isEmpty();
    }

    @Test
    @Timeout(20)
    void theCallerGoesOnWhenTheKernelHoldsTheCall() throws Exception {
        var released = new CountDownLatch(1);
        var left = new CountDownLatch(1);
        var stuck = new VdpaBus(new FakeHost() {
            @Override
            public NetlinkReply vdpa(int command, boolean dump, byte[] request, Duration timeout) throws IOException {
                hold();
                return super.vdpa(command, dump, request, timeout);
            }

            @Override
            public void bind(String device, String driver) throws IOException {
                hold();
            }

            private void hold() {
                boolean daemon = Thread.currentThread().isDaemon()
                        && !Thread.currentThread().isVirtual();
                boolean interrupted = false;
                while (released.getCount() > 0) {
                    try {
                        released.await();
                    } catch (InterruptedException inKernel) {
                        interrupted = true;
                    }
                }
                if (daemon && !interrupted) {
                    left.countDown();
                }
            }
        });
        var brief = Duration.ofMillis(50);
        failure(() -> stuck.add("disk0", brief), Errno.ETIMEDOUT, "disk0", "0.05 s", "silent");
        failure(() -> stuck.delete("disk0", brief), Errno.ETIMEDOUT, "disk0", "silent");
        failure(() -> stuck.devices(brief), Errno.ETIMEDOUT, "silent");
        failure(() -> stuck.bind("disk0", "vhost_vdpa", brief), Errno.ETIMEDOUT, "vhost_vdpa", "silent");
        assertThat(left.getCount()).isEqualTo(1);
        released.countDown();
        left.await();
    }

    @Test
    void bindsAndPassesFailuresOn() throws Exception {
        bus.bind("disk0", "vhost_vdpa", LONG);
        assertThat(host.log).containsExactly("bind disk0 vhost_vdpa");
        var failing = new VdpaBus(new FakeHost() {
            @Override
            public void bind(String device, String driver) throws IOException {
                throw new LinuxException("bind", device, Errno.ENODEV);
            }
        });
        failure(() -> failing.bind("disk0", "vhost_vdpa", LONG), Errno.ENODEV, "bind disk0");
    }

    private static void failure(ThrowingCallable call, int errno, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(errno))
                .message()
                .contains(parts);
    }
}
