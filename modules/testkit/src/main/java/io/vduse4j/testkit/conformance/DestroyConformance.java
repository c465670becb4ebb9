package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** DESTROY_DEV, and who may open a node. */
public abstract class DestroyConformance extends Cases {
    /** For subclasses. */
    protected DestroyConformance() {}

    private int openErrno(String name) {
        return catchThrowableOfType(LinuxException.class, () -> rig.open(name)).errno();
    }

    @Test
    @Rule(value = "2.2", item = 8)
    void anUnknownNameIsInvalid() {
        refused(rig.destroy(Rig.name()), Errno.EINVAL);
    }

    @Test
    @Rule(value = "2.2", item = 8)
    void anEmptyNameIsInvalid() {
        refused(rig.destroy(""), Errno.EINVAL);
    }

    @Test
    @Rule(value = "2.2", item = 8)
    void theControlNodeIsNoDevice() {
        refused(rig.destroy("control"), Errno.EINVAL);
    }

    @Test
    @Rule("2.2")
    void theNameMustBeThere() {
        refused(rig.control().ioctl(VduseIoctl.VDUSE_DESTROY_DEV, MemorySegment.NULL), Errno.EFAULT);
    }

    @Test
    @Rule("2.2")
    void allBytesOfTheNameMustBeThereWhateverItsLength() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        done(rig.create(config));
        var name = rig.bytes(VduseAbi.VDUSE_NAME_MAX);
        DeviceConfig.writeName(name, config.name());
        refused(rig.control().ioctl(VduseIoctl.VDUSE_DESTROY_DEV, rig.atTheEnd(name.asSlice(0, 200))), Errno.EFAULT);
    }

    @Test
    @Rule("2.2")
    void theLastByteOfTheNameDoesNotCount() {
        var config = DeviceConfig.disk(Rig.name(), 1);
        done(rig.create(config));
        var name = rig.bytes(VduseAbi.VDUSE_NAME_MAX);
        DeviceConfig.writeName(name, config.name());
        name.set(JAVA_BYTE, 255, (byte) 'x');
        done(rig.control().ioctl(VduseIoctl.VDUSE_DESTROY_DEV, name));
        refused(rig.destroy(config.name()), Errno.EINVAL);
        // What the rig believes to be there is.
        done(rig.create(config));
    }

    @Test
    @Rule(value = "2.2", item = 8)
    void aSecondTimeIsInvalid() {
        var config = DeviceConfig.disk(Rig.name(), 1);
        done(rig.create(config));
        done(rig.destroy(config.name()));
        refused(rig.destroy(config.name()), Errno.EINVAL);
    }

    @Test
    @Rule(value = "2.2", item = 8)
    void anOpenDeviceIsBusy() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config);
        refused(rig.destroy(config.name()), Errno.EBUSY);
        node.close();
        done(rig.destroy(config.name()));
    }

    @Test
    @Rule(value = "2.1", item = 8)
    void aSecondOpenIsBusy() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config);
        assertThat(openErrno(config.name())).isEqualTo(Errno.EBUSY);
        node.close();
        rig.open(config.name());
    }

    @Test
    @Rule("2.1")
    void nobodyOpensWhatIsNotThere() {
        var config = DeviceConfig.disk(Rig.name(), 1);
        assertThat(openErrno(config.name())).isEqualTo(Errno.ENOENT);
        done(rig.create(config));
        done(rig.destroy(config.name()));
        assertThat(openErrno(config.name())).isEqualTo(Errno.ENOENT);
    }

    @Test
    @Rule(value = "2.2", item = 8)
    void anAttachedDeviceIsBusyWithItsNodeClosedToo() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config).setUpAll(1, 64);
        done(Daemon.of(node).during(rig.attach(config.name())));
        refused(rig.destroy(config.name()), Errno.EBUSY);
        node.close();
        refused(rig.destroy(config.name()), Errno.EBUSY);
    }

    @Test
    @Rule(value = "2.2", item = 8)
    void aDetachedDeviceGoesWhenItsNodeIsClosed() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config).setUpAll(1, 64);
        var daemon = Daemon.of(node);
        done(daemon.during(rig.attach(config.name())));
        done(daemon.during(rig.detach(config.name())));
        refused(rig.destroy(config.name()), Errno.EBUSY);
        node.close();
        done(rig.destroySoon(config.name()));
    }
}
