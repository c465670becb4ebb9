package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.virtio.blk.BlkConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SET_CONFIG: which parts of the configuration space can be written. */
public abstract class ConfigSpaceConformance extends Cases {
    private static final int SIZE = BlkConfig.BYTES;

    /** For subclasses. */
    protected ConfigSpaceConformance() {}

    @ParameterizedTest
    @CsvSource({"0, 1", "0, 60", "59, 1", "1, 59", "20, 4", "33, 3"})
    @Rule(value = "2.3", item = 18)
    void partsThatAreInside(int offset, int length) throws Exception {
        var node = rig.device(DeviceConfig.disk(Rig.name(), 1));
        done(node.setConfig(offset, length, new byte[length]));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "59, 0",
        "60, 0",
        "60, 1",
        "61, 0",
        "61, 1",
        "59, 2",
        "0, 61",
        "1, 60",
        "0, 4096",
        "0, -1",
        "1, -1",
        "60, -60",
        "-1, 1",
        "-1, 2",
        "-1, -1",
        "-60, 60",
        "-2147483648, -2147483648"
    })
    @Rule(value = "2.3", item = 18)
    void partsThatAreNot(int offset, int length) throws Exception {
        var node = rig.device(DeviceConfig.disk(Rig.name(), 1));
        refused(node.setConfig(offset, length, new byte[8192]), Errno.EINVAL);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 1", "-1, 1"})
    @Rule(value = "2.3", item = 18)
    void aDeviceWithoutConfigurationHasNoParts(int offset, int length) throws Exception {
        var node = rig.device(DeviceConfig.disk(Rig.name(), 1).withConfigBytes(0));
        refused(node.setConfig(offset, length, new byte[64]), Errno.EINVAL);
    }

    @Test
    @Rule("2.3")
    void allOfTheDataMustBeThere() throws Exception {
        var node = rig.device(DeviceConfig.disk(Rig.name(), 1));
        var data = rig.bytes(ConfigDataLayout.SIZE + (long) SIZE);
        data.set(JAVA_INT, ConfigDataLayout.LENGTH, SIZE);
        var cut = rig.atTheEnd(data.asSlice(0, ConfigDataLayout.SIZE + 8));
        refused(node.raw().ioctl(VduseIoctl.VDUSE_DEV_SET_CONFIG, cut), Errno.EFAULT);
        done(node.raw().ioctl(VduseIoctl.VDUSE_DEV_SET_CONFIG, rig.atTheEnd(data)));
    }

    @Test
    @Rule("2.3")
    void theBoundsComeBeforeTheData() throws Exception {
        var node = rig.device(DeviceConfig.disk(Rig.name(), 1));
        var data = rig.bytes(ConfigDataLayout.SIZE);
        data.set(JAVA_INT, ConfigDataLayout.LENGTH, SIZE + 1);
        refused(node.raw().ioctl(VduseIoctl.VDUSE_DEV_SET_CONFIG, rig.atTheEnd(data)), Errno.EINVAL);
    }

    @Test
    @Rule("2.3")
    void theDriverSeesWhatWasWrittenBeforeItCame() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config).setUpAll(1, 64);
        // The lowest byte of the capacity, in sectors.
        done(node.setConfig(BlkConfig.CAPACITY, 1, (byte) 16));
        done(node.setConfig(BlkConfig.CAPACITY + 1, 1, (byte) 1));
        try (var rings = new RingServer(node, 1, 0)) {
            done(Daemon.serving(node, rings).during(rig.attach(config.name())));
        }
        assertThat(rig.host().consumer(config.name()).orElseThrow().size()).hasValue((256 + 16) * 512L);
    }

    @Test
    @Rule("7.1")
    void theDriverSeesAChangeWhenItIsTold() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config).setUpAll(1, 64);
        done(Daemon.of(node).during(rig.attach(config.name())));
        assertThat(rig.host().consumer(config.name()).orElseThrow().size()).hasValue(0);
        done(node.setConfig(BlkConfig.CAPACITY, 1, (byte) 24));
        assertThat(rig.host().consumer(config.name()).orElseThrow().size()).hasValue(0);
        // The driver may be told before it has seen that its last message was answered.
        Rig.await("an interrupt that is taken", () -> node.injectConfig() == 0);
        Rig.await(
                "the new size",
                () -> rig.host().consumer(config.name()).orElseThrow().size().orElseThrow() == 24 * 512);
    }
}
