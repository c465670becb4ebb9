package io.vduse4j.vduse.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxHostTest {
    private static final String DEVICE = "sys/bus/vdpa/devices/disk0/";
    private static final String DRIVERS = "sys/bus/vdpa/drivers/";

    @TempDir
    private Path root;

    private LinuxHost host;

    @BeforeEach
    void host() {
        host = new LinuxHost(root);
    }

    private Path file(String path, String text) throws Exception {
        var file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private String text(String path) throws Exception {
        return Files.readString(root.resolve(path));
    }

    @Test
    void withoutTheModuleItSaysHowToGetIt() {
        assumeFalse(Files.exists(Path.of("/dev/vduse/control")), "this kernel has VDUSE");
        failure(
                () -> VduseControl.open(new LinuxHost()),
                Errno.ENOENT,
                "open /dev/vduse/control",
                "modprobe vduse (kernel needs CONFIG_VDPA_USER)");
    }

    @Test
    void withoutTheBusItSaysHowToGetIt() {
        assumeFalse(Files.exists(Path.of("/sys/bus/vdpa")), "this kernel has a vdpa bus");
        failure(
                () -> new VdpaBus(new LinuxHost()).devices(Duration.ofSeconds(10)),
                Errno.ENOENT,
                "netlink family vdpa",
                "modprobe vdpa (kernel needs CONFIG_VDPA)");
    }

    @Test
    void aDeviceThatIsNotThereIsNotTheModulesFault() throws Exception {
        Files.createDirectories(root.resolve("dev/vduse"));
        failure(() -> host.open("disk0"), Errno.ENOENT, "dev/vduse/disk0", "no VDUSE device of that name");
    }

    @Test
    void noNameLeadsOutOfTheDirectory() throws Exception {
        file("dev/secret", "");
        file("sys/class/secret", "1");
        file("sys/bus/vdpa/devices/secret/driver_override", "");
        Files.createDirectories(root.resolve("dev/vduse"));
        Files.createDirectories(root.resolve("sys/class/vduse"));
        for (var name : new String[] {"../secret", "..", ".", "", "/etc/passwd", "a\0b", "n".repeat(256)}) {
            failure(() -> host.open(name), Errno.EINVAL, "the name of a device");
            failure(() -> host.readAttribute(name, "msg_timeout"), Errno.EINVAL, "the name of a device");
            failure(() -> host.writeAttribute(name, "msg_timeout", "1"), Errno.EINVAL, "the name of a device");
            failure(() -> host.bind(name, "vhost_vdpa"), Errno.EINVAL, "the name of a device");
        }
    }

    @Test
    void opensANodeForReadingAndWriting() throws Exception {
        file("dev/vduse/disk0", "");
        try (var node = host.open("disk0");
                var arena = java.lang.foreign.Arena.ofConfined()) {
            assertThat(node.write(arena.allocateFrom("abc").asSlice(0, 3))).isEqualTo(3);
        }
        assertThat(text("dev/vduse/disk0")).isEqualTo("abc");
    }

    @Test
    void readsAndWritesAttributes() throws Exception {
        file("sys/class/vduse/disk0/msg_timeout", "30\n");
        assertThat(host.readAttribute("disk0", "msg_timeout")).isEqualTo("30");
        host.writeAttribute("disk0", "msg_timeout", "10");
        assertThat(text("sys/class/vduse/disk0/msg_timeout")).isEqualTo("10\n");
        failure(() -> host.readAttribute("disk0", "bounce_size"), Errno.ENOENT, "disk0/bounce_size");
    }

    @Test
    void namesTheProcessThatHasABusyDeviceOpen() throws Exception {
        var path = root.resolve("dev/vduse/disk0");
        Files.createDirectories(root.resolve("proc/77/fd"));
        Files.createDirectories(root.resolve("proc/self"));
        Files.createDirectories(root.resolve("proc/4711/fd"));
        Files.createSymbolicLink(root.resolve("proc/77/fd/3"), root.resolve("dev/other"));
        Files.createSymbolicLink(root.resolve("proc/4711/fd/9"), path);
        var busy = new LinuxException("open", path.toString(), Errno.EBUSY);
        assertThat(NodeHints.explain(busy, "disk0", root))
                .hasMessageContaining("process 4711 has the device open")
                .hasCause(busy);
        Files.delete(root.resolve("proc/4711/fd/9"));
        assertThat(NodeHints.explain(busy, "disk0", root)).hasMessageContaining("another process has the device open");
        var denied = new LinuxException("open", path.toString(), Errno.EACCES);
        assertThat(NodeHints.explain(denied, "control", root)).hasMessageContaining("run as root");
    }

    @Test
    void handsADeviceFromOneDriverToTheOther() throws Exception {
        file(DEVICE + "driver_override", "");
        file(DRIVERS + "virtio_vdpa/unbind", "");
        file(DRIVERS + "vhost_vdpa/bind", "");
        Files.createSymbolicLink(root.resolve(DEVICE + "driver"), Path.of("../../drivers/virtio_vdpa"));
        host.bind("disk0", "vhost_vdpa");
        assertThat(text(DEVICE + "driver_override")).isEqualTo("vhost_vdpa");
        assertThat(text(DRIVERS + "virtio_vdpa/unbind")).isEqualTo("disk0");
        assertThat(text(DRIVERS + "vhost_vdpa/bind")).isEqualTo("disk0");
    }

    @Test
    void aDeviceWithoutADriverIsOnlyBound() throws Exception {
        file(DEVICE + "driver_override", "");
        file(DRIVERS + "vhost_vdpa/bind", "");
        host.bind("disk0", "vhost_vdpa");
        assertThat(text(DEVICE + "driver_override")).isEqualTo("vhost_vdpa");
        assertThat(text(DRIVERS + "vhost_vdpa/bind")).isEqualTo("disk0");
    }

    @Test
    void whatIsBoundAlreadyIsLeftAlone() throws Exception {
        file(DEVICE + "driver_override", "");
        file(DRIVERS + "vhost_vdpa/bind", "");
        Files.createSymbolicLink(root.resolve(DEVICE + "driver"), Path.of("../../drivers/vhost_vdpa"));
        host.bind("disk0", "vhost_vdpa");
        assertThat(text(DRIVERS + "vhost_vdpa/bind")).isEmpty();
    }

    @Test
    void aMissingDriverLeavesTheDeviceWhereItIs() throws Exception {
        file(DEVICE + "driver_override", "");
        file(DRIVERS + "virtio_vdpa/unbind", "");
        Files.createSymbolicLink(root.resolve(DEVICE + "driver"), Path.of("../../drivers/virtio_vdpa"));
        failure(() -> host.bind("disk0", "vhost_vdpa"), Errno.ENODEV, "disk0", "modprobe vhost-vdpa");
        assertThat(text(DEVICE + "driver_override")).isEmpty();
        assertThat(text(DRIVERS + "virtio_vdpa/unbind")).isEmpty();
        failure(() -> host.bind("disk1", "vhost_vdpa"), Errno.ENODEV, "disk1", "attach it first");
    }

    @Test
    void namesTheNodesOfItsDevices() throws Exception {
        assertThat(host.devices()).as("without VDUSE").isEmpty();
        file("dev/vduse/control", "");
        file("dev/vduse/disk0", "");
        file("dev/vduse/disk 1", "");
        assertThat(host.devices()).containsExactlyInAnyOrder("disk0", "disk 1");
    }

    @Test
    void tellsHowADeviceIsUsed() throws Exception {
        assertThat(host.consumer("disk0")).isEmpty();
        Files.createDirectories(root.resolve(DEVICE + "power"));
        assertThat(host.consumer("disk0")).isEmpty();
        Files.createDirectories(root.resolve(DEVICE + "virtio3"));
        assertThat(host.consumer("disk0")).isEmpty();
        file(DEVICE + "virtio3/block/vdb/size", "2048\n");
        assertThat(host.consumer("disk0")).as("without its node").isEmpty();
        file("dev/vdb", "");
        assertThat(host.consumer("disk0"))
                .contains(new VdpaConsumer(root.resolve("dev/vdb").toString(), OptionalLong.of(1 << 20)));
        assertThat(host.isAttached("disk0")).isTrue();
        Files.move(root.resolve(DEVICE + "virtio3"), root.resolve(DEVICE + "vhost-vdpa-2"));
        assertThat(host.consumer("disk0")).as("without its node").isEmpty();
        file("dev/vhost-vdpa-2", "");
        assertThat(host.consumer("disk0"))
                .contains(new VdpaConsumer(root.resolve("dev/vhost-vdpa-2").toString(), OptionalLong.empty()));
        assertThat(host.isAttached("disk1")).isFalse();
        failure(() -> host.consumer("../devices"), Errno.EINVAL, "the name of a device");
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
