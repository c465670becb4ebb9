package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VdpaDevice;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Spec({"kernel-behaviour 6", "kernel-behaviour 11 item 17"})
@Timeout(60)
class BusTest {
    private static final int NEW = VdpaNetlink.VDPA_CMD_DEV_NEW;
    private static final int DEL = VdpaNetlink.VDPA_CMD_DEV_DEL;
    private static final int GET = VdpaNetlink.VDPA_CMD_DEV_GET;
    private static final int CONFIG = VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET;
    private static final int MGMT = VdpaNetlink.VDPA_CMD_MGMTDEV_GET;

    private final Machine machine;
    private final VdpaBus bus;

    BusTest() throws Exception {
        machine = new Machine();
        bus = new VdpaBus(machine.kernel);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private int errno(int command, NetlinkAttributes.Builder attributes) throws Exception {
        return machine.kernel
                .vdpa(command, false, attributes.build(), Machine.PATIENCE)
                .errno();
    }

    private static NetlinkAttributes.Builder named(String device) {
        return NetlinkAttributes.builder().string(VdpaAttribute.VDPA_ATTR_DEV_NAME, device);
    }

    private static NetlinkAttributes.Builder managed(String device, String management) {
        return named(device).string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME, management);
    }

    private static void refused(ThrowingCallable call, int errno) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }

    @Test
    void theManagementDeviceIsVduse() throws Exception {
        var found = bus.managementDevices(Machine.PATIENCE);
        assertThat(found).singleElement().satisfies(vduse -> {
            assertThat(vduse.name()).isEqualTo("vduse");
            assertThat(vduse.bus()).isEmpty();
            assertThat(vduse.supportedClasses()).isEqualTo(6);
            assertThat(vduse.maxVqs()).isZero();
            assertThat(vduse.supportedFeatures()).isZero();
        });
        var one = machine.kernel.vdpa(
                MGMT,
                false,
                NetlinkAttributes.builder()
                        .string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME, "vduse")
                        .build(),
                Machine.PATIENCE);
        assertThat(one.messages())
                .singleElement()
                .satisfies(m -> assertThat(m.command()).isEqualTo(VdpaNetlink.VDPA_CMD_MGMTDEV_NEW));
        assertThat(errno(MGMT, NetlinkAttributes.builder())).isEqualTo(Errno.EINVAL);
        assertThat(errno(MGMT, managed("x", "other"))).isEqualTo(Errno.ENODEV);
        assertThat(errno(MGMT, managed("x", "vduse").string(VdpaAttribute.VDPA_ATTR_MGMTDEV_BUS_NAME, "pci")))
                .isEqualTo(Errno.ENODEV);
    }

    @Test
    void errorsOfDevNew() throws Exception {
        machine.device("disk0");
        assertThat(errno(NEW, NetlinkAttributes.builder())).isEqualTo(Errno.EINVAL);
        assertThat(errno(NEW, named("disk0"))).isEqualTo(Errno.EINVAL);
        assertThat(errno(NEW, managed("disk0", "other"))).isEqualTo(Errno.ENODEV);
        assertThat(errno(NEW, managed("disk1", "vduse"))).isEqualTo(Errno.EINVAL);
        assertThat(errno(NEW, managed("disk1", "vduse").u64(VdpaAttribute.VDPA_ATTR_DEV_FEATURES, 1)))
                .isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(NEW, managed("disk0", "vduse"))).isZero();
        assertThat(errno(NEW, managed("disk0", "vduse"))).isEqualTo(Errno.EEXIST);
        var open = machine.bare("disk1");
        assertThat(errno(NEW, managed("disk1", "vduse"))).as("no queue sizes").isEqualTo(Errno.EINVAL);
        open.ioctl(VduseIoctl.VDUSE_VQ_SETUP, Raw.vq(0, 8));
        assertThat(errno(NEW, managed("disk1", "vduse"))).as("one missing").isEqualTo(Errno.EINVAL);
        open.ioctl(VduseIoctl.VDUSE_VQ_SETUP, Raw.vq(1, 8));
        open.close();
        assertThat(errno(NEW, managed("disk1", "vduse")))
                .as("nobody need have it open")
                .isZero();
        assertThat(machine.kernel
                        .vdpa(NEW, false, new byte[] {1, 2, 3}, Machine.PATIENCE)
                        .errno())
                .as("no attributes")
                .isEqualTo(Errno.EINVAL);
    }

    @Test
    void errorsOfOtherCommands() throws Exception {
        for (int command : new int[] {DEL, GET, CONFIG}) {
            assertThat(errno(command, NetlinkAttributes.builder())).isEqualTo(Errno.EINVAL);
            assertThat(errno(command, named("disk0"))).isEqualTo(Errno.ENODEV);
        }
        machine.device("disk0");
        machine.attach("disk0");
        assertThat(errno(7, named("disk0"))).isEqualTo(Errno.EINVAL);
        assertThat(errno(7, named("disk0").u32(17, 0))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(8, named("disk0"))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(99, named("disk0"))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(DEL, named("disk0"))).isZero();
        assertThat(errno(DEL, named("disk0"))).isEqualTo(Errno.ENODEV);
        assertThat(machine.virtio.log).containsExactly("probe disk0", "remove disk0");
    }

    @Test
    void devicesAreTold() throws Exception {
        machine.device("disk0");
        machine.device("disk1");
        machine.attach("disk0");
        machine.attach("disk1");
        var disk0 = new VdpaDevice("disk0", "vduse", 2, 0x1af4, Raw.QUEUES, 256, 1);
        assertThat(bus.device("disk0", Machine.PATIENCE)).contains(disk0);
        assertThat(bus.devices(Machine.PATIENCE)).extracting(VdpaDevice::name).containsExactly("disk0", "disk1");
        var reply = machine.vdpa(GET, "disk0");
        assertThat(reply.messages().getFirst().command()).isEqualTo(VdpaNetlink.VDPA_CMD_DEV_NEW);
    }

    @Test
    void theConfigurationOfABlockDevice() throws Exception {
        long features = Raw.FEATURES | BlkFeatures.BLK_SIZE | BlkFeatures.SEG_MAX | BlkFeatures.MQ | BlkFeatures.FLUSH;
        var spec = Raw.with(Raw.dev("disk0"), DevConfigLayout.FEATURES, features);
        Raw.with(spec, DevConfigLayout.CONFIG, 2048L);
        Raw.with(spec, DevConfigLayout.CONFIG + 12, 126);
        Raw.with(spec, DevConfigLayout.CONFIG + 20, 4096);
        spec.set(JAVA_SHORT, DevConfigLayout.CONFIG + 34, (short) 2);
        Machine.expectOk(machine.control.ioctl(VduseIoctl.VDUSE_CREATE_DEV, spec));
        var node = machine.open("disk0");
        node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, Raw.vq(0, 8));
        node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, Raw.vq(1, 8));
        var device = machine.attach("disk0");
        var config = bus.config("disk0", Machine.PATIENCE).orElseThrow();
        assertThat(config.negotiatedFeatures()).isEmpty();
        assertThat(config.features()).hasValue(features);
        var block = config.block().orElseThrow();
        assertThat(block.capacity()).hasValue(2048);
        assertThat(block.blockSize()).hasValue(4096);
        assertThat(block.segMax()).hasValue(126);
        assertThat(block.numQueues()).hasValue(2);
        assertThat(block.readOnly()).hasValue(0);
        assertThat(block.flush()).hasValue(1);
        try (var daemon = new Daemon(node)) {
            device.setDriverFeatures(Raw.FEATURES);
            device.setStatus(0xb);
            assertThat(daemon.log).hasSize(1);
        }
        assertThat(bus.config("disk0", Machine.PATIENCE).orElseThrow().negotiatedFeatures())
                .hasValue(Raw.FEATURES);
    }

    @Test
    void theConfigurationOfOtherDevicesIsNotTold() throws Exception {
        var net = Raw.with(Raw.dev("net0"), DevConfigLayout.DEVICE_ID, 1);
        Machine.expectOk(machine.control.ioctl(VduseIoctl.VDUSE_CREATE_DEV, net));
        var node = machine.open("net0");
        node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, Raw.vq(0, 8));
        node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, Raw.vq(1, 8));
        machine.attach("net0");
        assertThat(errno(CONFIG, named("net0"))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(machine.kernel
                        .vdpa(CONFIG, true, new byte[0], Machine.PATIENCE)
                        .messages())
                .isEmpty();
    }

    @Test
    @Spec("kernel-behaviour 6.1")
    void theFirstDriverBindsAndAnOverrideMovesTheDevice() throws Exception {
        machine.device("disk0");
        refused(() -> machine.kernel.bind("disk0", "vhost_vdpa"), Errno.ENODEV);
        machine.attach("disk0");
        refused(() -> machine.kernel.bind("disk0", "other"), Errno.ENODEV);
        assertThat(machine.virtio.devices).hasSize(1);
        machine.kernel.bind("disk0", "virtio_vdpa");
        machine.kernel.bind("disk0", "vhost_vdpa");
        assertThat(machine.virtio.devices).isEmpty();
        assertThat(machine.vhost.devices).hasSize(1);
        assertThat(machine.virtio.log).containsExactly("probe disk0", "remove disk0");
        assertThat(machine.vdpa(DEL, "disk0").errno()).isZero();
        assertThat(machine.vhost.log).containsExactly("probe disk0", "remove disk0");
        machine.attach("disk0");
        assertThat(machine.virtio.devices)
                .as("the override went with the device")
                .hasSize(1);
    }

    @Test
    void aFailedProbeDoesNotFailTheAttach() throws Exception {
        machine.virtio.refuses = Errno.ENODEV;
        machine.device("disk0");
        assertThat(machine.vdpa(NEW, "disk0").errno()).isZero();
        assertThat(bus.device("disk0", Machine.PATIENCE)).isPresent();
        refused(() -> machine.kernel.bind("disk0", "virtio_vdpa"), Errno.ENODEV);
        machine.virtio.refuses = 0;
        machine.kernel.bind("disk0", "virtio_vdpa");
        assertThat(machine.virtio.devices).hasSize(1);
    }

    @Test
    void aDeviceWithoutQueuesIsAttachedWithoutADriver() throws Exception {
        var none = Raw.with(Raw.dev("disk0"), DevConfigLayout.VQ_NUM, 0);
        Machine.expectOk(machine.control.ioctl(VduseIoctl.VDUSE_CREATE_DEV, none));
        assertThat(machine.vdpa(NEW, "disk0").errno()).isZero();
        assertThat(machine.virtio.devices).isEmpty();
        refused(() -> machine.kernel.bind("disk0", "vhost_vdpa"), Errno.EINVAL);
    }

    @Test
    @Spec("kernel-behaviour 6.4")
    void whoHoldsTheBusHoldsUpTheOthersButNobodyLongerThanHeAsked() throws Exception {
        var go = new CountDownLatch(1);
        machine.device("disk0");
        machine.virtio.onProbe = () -> {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
        refused(() -> bus.add("disk0", Duration.ofMillis(100)), Errno.ETIMEDOUT);
        refused(() -> bus.devices(Duration.ofMillis(100)), Errno.ETIMEDOUT);
        go.countDown();
        assertThat(bus.devices(Machine.PATIENCE)).as("it went on").hasSize(1);
        assertThat(machine.virtio.devices).hasSize(1);
    }
}
