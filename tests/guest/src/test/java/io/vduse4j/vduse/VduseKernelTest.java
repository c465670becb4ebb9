package io.vduse4j.vduse;

import static io.vduse4j.vduse.KernelDevices.FEATURES;
import static io.vduse4j.vduse.KernelDevices.LONG;
import static io.vduse4j.vduse.KernelDevices.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.vduse.host.linux.HostCheck;
import io.vduse4j.vduse.host.linux.LinuxHost;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The framework on the kernel's own VDUSE, without a data path: a disk without capacity, of which nobody reads a
 * partition table.
 */
@Tag("quick")
@Timeout(120)
final class VduseKernelTest {
    private static final long VHOST_SET_OWNER = 0xaf01;
    private static final long VHOST_GET_VRING_BASE = 0xc008af12L;

    private final LinuxHost host = new LinuxHost();
    private final VdpaBus bus = new VdpaBus(host);
    private final KernelDevices devices = new KernelDevices(host);

    @AfterEach
    void nothingIsLeft() throws Exception {
        devices.nothingIsLeft();
    }

    @Test
    void aMachineThatHasItAllPassesTheCheck() {
        assertThat(HostCheck.run())
                .filteredOn(finding -> !finding.item().equals("RLIMIT_MEMLOCK"))
                .allSatisfy(finding -> assertThat(finding.status()).isEqualTo(HostCheck.Status.OK));
    }

    @Test
    void theControlNodeAnswersAsDescribed() throws Exception {
        try (var control = VduseControl.open(host)) {
            control.create(KernelDevices.disk("one"));
            refused(() -> control.create(KernelDevices.disk("one")), Errno.EEXIST, "a device of that name exists");
            refused(
                    () -> control.create(new DeviceSpec("two", 0, 3, FEATURES, 1, 4096, new byte[0])),
                    Errno.EINVAL,
                    "device type");
            try (var node = VduseDevice.open(host, "one", 2)) {
                assertThat(node.name()).isEqualTo("one");
                refused(() -> control.destroy("one"), Errno.EBUSY, "a process has it open");
                refused(
                        () -> VduseDevice.open(host, "one", 2),
                        Errno.EBUSY,
                        "process " + ProcessHandle.current().pid());
            }
            control.destroy("one");
            refused(() -> control.destroy("one"), Errno.EINVAL, "no VDUSE device of that name");
            refused(() -> VduseDevice.open(host, "one", 2), Errno.ENOENT, "no VDUSE device of that name");
        }
    }

    @Test
    void aDeviceThatIsNotAttachedAnswersAsDescribed() throws Exception {
        devices.create("idle");
        var attributes = new VduseAttributes(host, "idle");
        assertThat(attributes.msgTimeout()).isEqualTo(30);
        attributes.setMsgTimeout(0xffffffffL);
        assertThat(attributes.msgTimeout()).isEqualTo(0xffffffffL);
        assertThat(attributes.bounceSize()).isEqualTo(64 << 20);
        attributes.setBounceSize((2 << 20) + 1);
        assertThat(attributes.bounceSize()).isEqualTo(2 << 20);
        refused(() -> attributes.setBounceSize(4096), Errno.EINVAL, "from 1 MiB to 1 GiB");
        try (var device = VduseDevice.open(host, "idle", 2);
                var kick = EventFd.create()) {
            refused(() -> bus.add("idle", LONG), Errno.EINVAL, "given no size");
            refused(() -> bus.add("nobody", LONG), Errno.EINVAL, "no VDUSE device of that name");
            refused(() -> bus.delete("idle", LONG), Errno.ENODEV, "not on the vdpa bus");
            assertThat(bus.device("idle", LONG)).isEmpty();
            refused(() -> device.setupQueue(2, 256), Errno.EINVAL, "no virtqueue of that index");
            assertThat(device.queueInfo(1)).isEqualTo(new QueueInfo(0, 0, 0, 0, 0, VirtqueueState.split(0), false));
            refused(() -> device.queueInfo(2), Errno.EINVAL, "no virtqueue of that index");
            device.setKick(0, kick.fd());
            device.clearKick(0);
            assertThat(device.driverFeatures()).isZero();
            device.setConfig(59, new byte[1]);
            refused(() -> device.setConfig(59, new byte[2]), Errno.EINVAL, "configuration space");
            refused(() -> device.setConfig(60, new byte[1]), Errno.EINVAL, "configuration space");
            refused(() -> device.setConfig(0, new byte[0]), Errno.EINVAL, "configuration space");
            refused(() -> device.setConfig(-1, new byte[1]), Errno.EINVAL, "configuration space");
            assertThat(device.injectQueueInterrupt(0)).isEqualTo(-Errno.EINVAL);
            assertThat(device.injectConfigInterrupt()).isEqualTo(-Errno.EINVAL);
            assertThat(device.iotlb(0, -1)).isEmpty();
            assertThat(device.iotlbInfo(0, -1)).isEmpty();
            refused(() -> device.registerUserMemory(0, 0, 2 << 20), Errno.EINVAL, "VDUSE_IOTLB_REG_UMEM");
            refused(() -> device.deregisterUserMemory(0, 2 << 20), Errno.ENOENT, "no user memory is registered");
            assertThat(device.read()).isEmpty();
            assertThat(device.replyOk(0)).isFalse();
            assertThat(device.poll(VduseNode.POLLIN | VduseNode.POLLOUT, 0)).isZero();
            assertThat(device.isBroken()).isFalse();
        }
        devices.destroy("idle");
    }

    @Test
    void theNodeOfLinuxIsRaw() throws Exception {
        devices.create("raw");
        var opened = Fd.open("/dev/vduse/raw", OpenFlags.O_RDWR);
        try (var node = LinuxHost.adopt(opened);
                var arena = Arena.ofConfined()) {
            assertThat(node.read(arena.allocate(151))).isEqualTo(-Errno.EINVAL);
            assertThat(node.read(arena.allocate(152))).isEqualTo(-Errno.EAGAIN);
            assertThat(node.write(arena.allocate(151))).isEqualTo(-Errno.EINVAL);
            var dirty = arena.allocate(152);
            dirty.set(ValueLayout.JAVA_INT, 20, 1);
            assertThat(node.write(dirty)).isEqualTo(-Errno.EINVAL);
            assertThat(node.write(arena.allocate(152))).isEqualTo(-Errno.ENOENT);
            assertThat(node.ioctl(0x81ff, arena.allocate(8))).isEqualTo(-Errno.ENOTTY);
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, MemorySegment.NULL))
                    .isEqualTo(-Errno.EFAULT);
            node.wake();
            assertThat(node.poll(VduseNode.POLLIN, -1)).isZero();
        }
        devices.destroy("raw");
    }

    @Test
    void attachesAndDetachesTheTranscriptOfTheDriver() throws Exception {
        devices.create("disk0");
        try (var device = VduseDevice.open(host, "disk0", 2);
                var thread = new AnsweringThread(device, 0)) {
            device.setupQueue(0, 256);
            device.setupQueue(1, 256);
            bus.add("disk0", LONG);
            assertThat(thread.take())
                    .containsExactly(
                            new VduseMessage.SetStatus(0, 0),
                            new VduseMessage.SetStatus(1, 1),
                            new VduseMessage.SetStatus(2, 3),
                            new VduseMessage.SetStatus(3, 0xb),
                            new VduseMessage.SetStatus(4, 0xf));
            refused(() -> bus.add("disk0", LONG), Errno.EEXIST, "attached to the vdpa bus already");
            assertThat(bus.device("disk0", LONG)).contains(new VdpaDevice("disk0", "vduse", 2, 0x1af4, 2, 256, 1));
            assertThat(bus.devices(LONG)).hasSize(1);
            assertThat(bus.managementDevices(LONG))
                    .extracting(VdpaManagementDevice::name)
                    .contains("vduse");
            var config = bus.config("disk0", LONG).orElseThrow();
            assertThat(config.negotiatedFeatures()).isEqualTo(OptionalLong.of(FEATURES));
            assertThat(config.features()).isEqualTo(OptionalLong.of(FEATURES));
            assertThat(config.block().orElseThrow().capacity()).isEqualTo(OptionalLong.of(0));
            mapped(device);
            try (var control = VduseControl.open(host)) {
                refused(() -> control.destroy("disk0"), Errno.EBUSY, "attached to the vdpa bus");
            }
            bus.delete("disk0", LONG);
            assertThat(thread.take())
                    .containsExactly(new VduseMessage.SetStatus(5, 0), new VduseMessage.SetStatus(6, 1));
            assertThat(bus.device("disk0", LONG)).isEmpty();
        }
        devices.destroy("disk0");
    }

    /** Without MQ the driver takes one queue; its ring is a region of its own, whose offset is its IOVA. */
    private void mapped(VduseDevice device) throws Exception {
        assertThat(device.driverFeatures()).isEqualTo(FEATURES);
        assertThat(device.queueInfo(1).ready()).isFalse();
        var queue = device.queueInfo(0);
        assertThat(queue.ready()).isTrue();
        assertThat(queue.num()).isEqualTo(256);
        assertThat(queue.availIndex()).isZero();
        assertThat(queue.driverAddress() - queue.descAddress()).isEqualTo(0x1000);
        assertThat(queue.deviceAddress() - queue.descAddress()).isEqualTo(0x2000);
        var entry = device.iotlb(queue.descAddress(), queue.descAddress()).orElseThrow();
        try (var fd = entry.fd()) {
            long start = queue.descAddress();
            assertThat(entry).isEqualTo(new IotlbEntry(start, start + 0x2805, start, 3, fd));
        }
        assertThat(device.iotlbInfo(queue.descAddress(), -1))
                .contains(new IotlbInfo(entry.start(), entry.last(), false));
        // Nothing was mapped yet: no request was made.
        assertThat(device.iotlb(0, 0xfff)).isEmpty();
        assertThat(device.injectQueueInterrupt(0)).isZero();
        assertThat(device.injectQueueInterrupt(1)).isZero();
        assertThat(device.injectConfigInterrupt()).isZero();
        refused(
                () -> new VduseAttributes(host, "disk0").setBounceSize(4 << 20),
                Errno.EPERM,
                "before the device was first attached");
    }

    @Test
    void goesToVhostAndBackAndTellsItsQueueStates() throws Exception {
        devices.create("disk1");
        try (var device = VduseDevice.open(host, "disk1", 2);
                var thread = new AnsweringThread(device, 0xfffe)) {
            device.setupQueue(0, 256);
            device.setupQueue(1, 256);
            bus.add("disk1", LONG);
            var disk = host.consumer("disk1").orElseThrow();
            assertThat(disk.node()).matches("/dev/vd[a-z]+");
            assertThat(disk.size()).isPresent();
            bus.bind("disk1", "vhost_vdpa", LONG);
            bus.bind("disk1", "vhost_vdpa", LONG);
            thread.take();
            var node = host.consumer("disk1").orElseThrow();
            assertThat(node.node()).startsWith("/dev/vhost-vdpa-");
            try (var vhost = Fd.open(node.node(), OpenFlags.O_RDWR);
                    var arena = Arena.ofConfined()) {
                assertThat(vhost.ioctl(VHOST_SET_OWNER, 0)).isZero();
                var state = arena.allocate(8, 4);
                state.set(ValueLayout.JAVA_INT, 0, 1);
                assertThat(vhost.ioctl(VHOST_GET_VRING_BASE, state.address())).isZero();
                assertThat(state.get(ValueLayout.JAVA_INT, 4)).isEqualTo(0xfffe);
            }
            assertThat(thread.take())
                    .extracting(message -> switch (message) {
                        case VduseMessage.SetStatus status -> "status " + status.status();
                        case VduseMessage.GetQueueState queue -> "state of " + queue.index();
                        case VduseMessage.UpdateIotlb update -> "iotlb " + update.start() + " " + update.last();
                        case VduseMessage.Version1 later -> later.toString();
                        case VduseMessage.Unknown unknown -> "type " + unknown.type();
                    })
                    .contains("status 0", "state of 1");
            bus.bind("disk1", "virtio_vdpa", LONG);
            assertThat(thread.take())
                    .last()
                    .isInstanceOfSatisfying(
                            VduseMessage.SetStatus.class,
                            status -> assertThat(status.status()).isEqualTo(0xf));
            refused(() -> bus.bind("disk1", "no_vdpa", LONG), Errno.ENODEV, "modprobe no-vdpa");
            bus.delete("disk1", LONG);
        }
        devices.destroy("disk1");
    }

    @Test
    void aSilentDaemonNeitherHangsItsCallersNorSurvives() throws Exception {
        devices.create("mute");
        new VduseAttributes(host, "mute").setMsgTimeout(3);
        try (var device = VduseDevice.open(host, "mute", 2)) {
            device.setupQueue(0, 256);
            device.setupQueue(1, 256);
            refused(() -> bus.add("mute", Duration.ofMillis(500)), Errno.ETIMEDOUT, "silent");
            assertThat(device.poll(VduseNode.POLLIN, 5000)).isEqualTo(VduseNode.POLLIN);
            var message = device.read().orElseThrow();
            assertThat(message).isEqualTo(new VduseMessage.SetStatus(0, 0));
            assertThat(device.poll(VduseNode.POLLOUT, 0)).isEqualTo(VduseNode.POLLOUT);
            assertThat(device.poll(VduseNode.POLLIN, 20_000)).isEqualTo(VduseNode.POLLERR);
            assertThat(device.isBroken()).isTrue();
            assertThat(device.replyOk(message.id())).isFalse();
            assertThat(device.read()).isEmpty();
            refused(device::driverFeatures, Errno.EPERM, "the device is broken");
            assertThat(device.injectQueueInterrupt(0)).isEqualTo(-Errno.EPERM);
            // The request went on behind the caller's back: the device is on the bus.
            assertThat(bus.device("mute", LONG)).isPresent();
            bus.delete("mute", LONG);
        }
        devices.destroy("mute");
    }
}
