package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CREATE_DEV: what it refuses, what it takes though it looks wrong, and the order of its checks. */
public abstract class CreateConformance extends Cases {
    private static final long NET_CTRL_VQ = 1L << 17;

    /** For subclasses. */
    protected CreateConformance() {}

    private static DeviceConfig plain() {
        return DeviceConfig.disk(Rig.name(), 2);
    }

    private static int page() {
        return (int) NativeMemory.pageSize();
    }

    static Stream<Arguments> invalid() {
        return Stream.of(
                argumentSet("alignment over a page", plain().withAlignment(page() + 1)),
                argumentSet("alignment over 31 bits", plain().withAlignment(-1)),
                argumentSet("no alignment", plain().withAlignment(0)),
                argumentSet("an alignment of 1", plain().withAlignment(1)),
                argumentSet("an alignment of 2", plain().withAlignment(2)),
                argumentSet("an alignment of 3", plain().withAlignment(3)),
                argumentSet("an alignment of 4095", plain().withAlignment(4095)),
                argumentSet("configuration over a page", plain().withConfigBytes(page() + 1)),
                argumentSet("65536 queues", plain().withQueues(0x10000)),
                argumentSet("4294967295 queues", plain().withQueues(-1)),
                argumentSet("no name", DeviceConfig.disk("", 1)),
                argumentSet("device type 0", plain().withDeviceId(0)),
                argumentSet("a console", plain().withDeviceId(3)),
                argumentSet("a device type over 31 bits", plain().withDeviceId(0x8000_0002)),
                argumentSet("no features", plain().withFeatures(0)),
                argumentSet("no ACCESS_PLATFORM", plain().withFeatures(VirtioFeatures.VERSION_1)),
                argumentSet("a disk with CONFIG_WCE", plain().with(BlkFeatures.CONFIG_WCE)),
                argumentSet(
                        "a network device with CTRL_VQ",
                        plain().withDeviceId(DeviceConfig.NET).with(NET_CTRL_VQ)),
                argumentSet(
                        "a network device without VERSION_1",
                        plain().withDeviceId(DeviceConfig.NET).withFeatures(VirtioFeatures.ACCESS_PLATFORM)));
    }

    @ParameterizedTest
    @MethodSource("invalid")
    @Rule("2.2")
    void isInvalid(DeviceConfig config) {
        refused(rig.create(config), Errno.EINVAL);
    }

    @Test
    @Rule("2.2")
    void fileSystemsAreNotServedYet() {
        assumeTrue(rig.target().apiVersion() == 0, "a later kernel serves them");
        refused(rig.create(plain().withDeviceId(DeviceConfig.FS)), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {280, 284, 288, 308, 328})
    @Rule("1.3")
    void reservedFieldsMustBeZero(int offset) {
        var config = plain();
        var bytes = config.encode(rig.arena());
        bytes.set(JAVA_INT, offset, 1);
        refused(rig.create(config.name(), bytes), Errno.EINVAL);
        bytes.set(JAVA_INT, offset, 0);
        done(rig.create(config.name(), bytes));
    }

    static Stream<Arguments> valid() {
        return Stream.of(
                argumentSet("no queue", plain().withQueues(0)),
                argumentSet("64 queues", plain().withQueues(64)),
                argumentSet("an alignment of 4", plain().withAlignment(4)),
                argumentSet("an alignment of 64", plain().withAlignment(64)),
                argumentSet("an alignment of a page", plain().withAlignment(page())),
                argumentSet("no configuration", plain().withConfigBytes(0)),
                argumentSet("a configuration of a page", plain().withConfigBytes(page())),
                argumentSet("a disk without VERSION_1", plain().withFeatures(VirtioFeatures.ACCESS_PLATFORM)),
                argumentSet("a disk with the bit of CTRL_VQ", plain().with(NET_CTRL_VQ)),
                argumentSet("a network device", plain().withDeviceId(DeviceConfig.NET)),
                argumentSet(
                        "a network device with the bit of CONFIG_WCE",
                        plain().withDeviceId(DeviceConfig.NET).with(BlkFeatures.CONFIG_WCE)),
                argumentSet("all other features", plain().withFeatures(~BlkFeatures.CONFIG_WCE)));
    }

    @ParameterizedTest
    @MethodSource("valid")
    @Rule("2.2")
    void isValid(DeviceConfig config) throws Exception {
        done(rig.create(config));
        rig.open(config.name());
    }

    @Test
    @Rule("2.2")
    void everyVendorIsValid() {
        var config = plain();
        var bytes = config.encode(rig.arena());
        bytes.set(JAVA_INT, DevConfigLayout.VENDOR_ID, -1);
        done(rig.create(config.name(), bytes));
    }

    @Test
    @Rule("2.2")
    void theHeaderMustBeThere() {
        refused(rig.control().ioctl(VduseIoctl.VDUSE_CREATE_DEV, MemorySegment.NULL), Errno.EFAULT);
    }

    @Test
    @Rule("2.2")
    void theWholeHeaderMustBeThere() throws Exception {
        var whole = plain().withConfigBytes(0).encode(rig.arena());
        var cut = rig.atTheEnd(whole.asSlice(0, DevConfigLayout.SIZE - 8));
        refused(rig.control().ioctl(VduseIoctl.VDUSE_CREATE_DEV, cut), Errno.EFAULT);
    }

    @Test
    @Rule("2.2")
    void theWholeConfigurationMustBeThere() throws Exception {
        var config = plain();
        var whole = config.encode(rig.arena());
        var cut = rig.atTheEnd(whole.asSlice(0, DevConfigLayout.SIZE + 8));
        refused(rig.control().ioctl(VduseIoctl.VDUSE_CREATE_DEV, cut), Errno.EFAULT);
        done(rig.create(config.name(), rig.atTheEnd(whole)));
    }

    @Test
    @Rule("2.2")
    void aWrongFieldIsFoundBeforeTheConfigurationIsRead() throws Exception {
        var whole = plain().withDeviceId(3).encode(rig.arena());
        var cut = rig.atTheEnd(whole.asSlice(0, DevConfigLayout.SIZE + 8));
        refused(rig.control().ioctl(VduseIoctl.VDUSE_CREATE_DEV, cut), Errno.EINVAL);
    }

    @Test
    @Rule("2.2")
    void aNameIsTakenOnce() {
        var config = plain();
        done(rig.create(config));
        refused(rig.create(config), Errno.EEXIST);
    }

    @Test
    @Rule("2.2")
    void aWrongFieldIsFoundBeforeTheName() {
        var config = plain();
        done(rig.create(config));
        refused(rig.create(config.withDeviceId(3)), Errno.EINVAL);
    }

    @Test
    @Rule("2.2")
    void theConfigurationIsReadBeforeTheNameIsLookedUp() throws Exception {
        var config = plain();
        done(rig.create(config));
        var cut = rig.atTheEnd(config.encode(rig.arena()).asSlice(0, DevConfigLayout.SIZE + 8));
        refused(rig.control().ioctl(VduseIoctl.VDUSE_CREATE_DEV, cut), Errno.EFAULT);
    }

    @Test
    @Rule("2.2")
    void theNameOfTheControlNodeIsTaken() {
        refused(rig.create(DeviceConfig.disk("control", 1)), Errno.EEXIST);
    }

    @Test
    @Rule("1.3")
    void theLastByteOfANameDoesNotCount() throws Exception {
        var name = "n".repeat(200);
        var bytes = DeviceConfig.disk(name, 1).encode(rig.arena());
        bytes.set(JAVA_BYTE, 255, (byte) 'x');
        done(rig.create(name, bytes));
        rig.open(name);
        refused(rig.create(DeviceConfig.disk(name, 1)), Errno.EEXIST);
    }

    @Test
    @Rule("2.2")
    void aSlashInANameIsAnotherCharacterInItsNode() throws Exception {
        var name = Rig.name();
        done(rig.create(DeviceConfig.disk(name + "/x", 1)));
        try (var node = rig.host().open(name + "!x")) {
            assertThat(node.poll(0, 0)).isZero();
        }
        refused(rig.destroy(name + "!x"), Errno.EINVAL);
        done(rig.destroy(name + "/x"));
    }

    @Test
    @Rule("2.2")
    void aDestroyedNameIsFree() throws Exception {
        var config = plain();
        done(rig.create(config));
        done(rig.destroy(config.name()));
        done(rig.create(config.withQueues(1)));
        refused(rig.open(config.name()).setUp(1, 256), Errno.EINVAL);
    }
}
