package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to the vdpa bus that no driver has a part in: what is missing, wrong or not there. */
public abstract class BusConformance extends Cases {
    private static final int VSTATS_GET = 7;
    private static final int QUEUE_INDEX = 17;

    /** For subclasses. */
    protected BusConformance() {}

    private static NetlinkAttributes.Builder none() {
        return NetlinkAttributes.builder();
    }

    private static NetlinkAttributes.Builder device(String name) {
        return none().string(VdpaAttribute.VDPA_ATTR_DEV_NAME, name);
    }

    private static NetlinkAttributes.Builder vduse(NetlinkAttributes.Builder attributes) {
        return attributes.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME, "vduse");
    }

    private NetlinkReply dump(int command) throws Exception {
        return rig.host().vdpa(command, true, new byte[0], Rig.PATIENCE);
    }

    private static void isVduse(NetlinkAttributes answer) {
        assertThat(answer.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME)).contains("vduse");
        assertThat(answer.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_BUS_NAME)).isEmpty();
        assertThat(answer.u64(VdpaAttribute.VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES))
                .hasValue(0x6);
        assertThat(answer.u32(VdpaAttribute.VDPA_ATTR_DEV_MGMTDEV_MAX_VQS)).hasValue(0);
        assertThat(answer.u64(VdpaAttribute.VDPA_ATTR_DEV_SUPPORTED_FEATURES)).hasValue(0);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void theManagementDevice() throws Exception {
        var reply = rig.host()
                .vdpa(VdpaNetlink.VDPA_CMD_MGMTDEV_GET, false, vduse(none()).build(), Rig.PATIENCE);
        assertThat(reply.errno()).isZero();
        assertThat(reply.messages()).singleElement().satisfies(message -> {
            assertThat(message.command()).isEqualTo(VdpaNetlink.VDPA_CMD_MGMTDEV_NEW);
            isVduse(message.attributes());
        });
    }

    @Test
    @Rule(value = "6.2", item = 17)
    void allManagementDevices() throws Exception {
        assertThat(dump(VdpaNetlink.VDPA_CMD_MGMTDEV_GET).messages()).anySatisfy(message -> {
            assertThat(message.command()).isEqualTo(VdpaNetlink.VDPA_CMD_MGMTDEV_NEW);
            isVduse(message.attributes());
        });
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void aManagementDeviceNeedsAName() throws Exception {
        refused(rig.bus(VdpaNetlink.VDPA_CMD_MGMTDEV_GET, none()), Errno.EINVAL);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void aManagementDeviceThatIsNotThere() throws Exception {
        var other = none().string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME, "other");
        refused(rig.bus(VdpaNetlink.VDPA_CMD_MGMTDEV_GET, other), Errno.ENODEV);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void theManagementDeviceIsOnNoBus() throws Exception {
        var onABus = vduse(none()).string(VdpaAttribute.VDPA_ATTR_MGMTDEV_BUS_NAME, "pci");
        refused(rig.bus(VdpaNetlink.VDPA_CMD_MGMTDEV_GET, onABus), Errno.ENODEV);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void attachingNeedsAName() throws Exception {
        refused(rig.bus(VdpaNetlink.VDPA_CMD_DEV_NEW, vduse(none())), Errno.EINVAL);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void attachingNeedsAManagementDevice() throws Exception {
        refused(rig.bus(VdpaNetlink.VDPA_CMD_DEV_NEW, device(Rig.name())), Errno.EINVAL);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void attachingNeedsAManagementDeviceThatIsThere() throws Exception {
        var other = device(Rig.name()).string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME, "other");
        refused(rig.bus(VdpaNetlink.VDPA_CMD_DEV_NEW, other), Errno.ENODEV);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void attachingNeedsADevice() throws Exception {
        refused(rig.attachOrDetach(VdpaNetlink.VDPA_CMD_DEV_NEW, Rig.name()), Errno.EINVAL);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void attachingNeedsTheSizeOfEveryQueue() throws Exception {
        var name = Rig.name();
        var node = rig.device(DeviceConfig.disk(name, 2));
        refused(rig.attachOrDetach(VdpaNetlink.VDPA_CMD_DEV_NEW, name), Errno.EINVAL);
        done(node.setUp(0, 64));
        refused(rig.attachOrDetach(VdpaNetlink.VDPA_CMD_DEV_NEW, name), Errno.EINVAL);
        done(node.setUp(1, 64));
        done(node.setUp(0, 0));
        refused(rig.attachOrDetach(VdpaNetlink.VDPA_CMD_DEV_NEW, name), Errno.EINVAL);
        assertThat(rig.host().isAttached(name)).isFalse();
        done(node.setUp(0, 32));
        done(Daemon.of(node).during(rig.attach(name)));
    }

    static Stream<Arguments> provisioned() {
        return Stream.of(
                Arguments.argumentSet("a MAC address", none().bytes(10, new byte[] {2, 0, 0, 0, 0, 1})),
                Arguments.argumentSet("a number of queue pairs", none().u16(12, 1)),
                Arguments.argumentSet("an MTU", none().u16(13, 1500)),
                Arguments.argumentSet("features", none().u64(20, DeviceConfig.PLAIN)));
    }

    @ParameterizedTest
    @MethodSource("provisioned")
    @Rule(value = "6.3", item = 17)
    void attachingSetsNothing(NetlinkAttributes.Builder with) throws Exception {
        var name = Rig.name();
        rig.device(DeviceConfig.disk(name, 1)).setUpAll(1, 64);
        var attributes = vduse(with.string(VdpaAttribute.VDPA_ATTR_DEV_NAME, name));
        refused(rig.bus(VdpaNetlink.VDPA_CMD_DEV_NEW, attributes), Errno.EOPNOTSUPP);
        assertThat(rig.host().isAttached(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            ints = {VdpaNetlink.VDPA_CMD_DEV_DEL, VdpaNetlink.VDPA_CMD_DEV_GET, VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET})
    @Rule(value = "6.3", item = 17)
    void aDeviceNeedsAName(int command) throws Exception {
        refused(rig.bus(command, none()), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {VdpaNetlink.VDPA_CMD_DEV_DEL, VdpaNetlink.VDPA_CMD_DEV_GET, VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET})
    @Rule(value = "6.3", item = 17)
    void aDeviceThatIsNotOnTheBus(int command) throws Exception {
        var name = Rig.name();
        done(rig.create(DeviceConfig.disk(name, 1)));
        refused(rig.bus(command, device(name)), Errno.ENODEV);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void statisticsNeedAName() throws Exception {
        refused(rig.bus(VSTATS_GET, none().u32(QUEUE_INDEX, 0)), Errno.EINVAL);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void statisticsNeedAQueue() throws Exception {
        refused(rig.bus(VSTATS_GET, device(Rig.name())), Errno.EINVAL);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void statisticsNeedADevice() throws Exception {
        refused(rig.bus(VSTATS_GET, device(Rig.name()).u32(QUEUE_INDEX, 0)), Errno.ENODEV);
    }

    @Test
    @Rule("6.2")
    void unknownCommandsAreNotSupported() throws Exception {
        refused(rig.bus(99, none()), Errno.EOPNOTSUPP);
    }

    @Test
    @Rule("6.2")
    void anEmptyBusHasNoDevices() throws Exception {
        assertThat(dump(VdpaNetlink.VDPA_CMD_DEV_GET).messages()).isEmpty();
        assertThat(dump(VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET).messages()).isEmpty();
    }

    @Test
    @Rule("6.1")
    void aDeviceThatIsNotOnTheBusHasNoDriver() throws Exception {
        var name = Rig.name();
        done(rig.create(DeviceConfig.disk(name, 1)));
        assertThat(rig.host().isAttached(name)).isFalse();
        assertThat(rig.host().consumer(name)).isEmpty();
        assertThat(catchThrowableOfType(LinuxException.class, () -> rig.host().bind(name, "vhost_vdpa"))
                        .errno())
                .isEqualTo(Errno.ENODEV);
    }
}
