package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The control node itself: its version, what it does not know, and that each open stands for itself. */
public abstract class ControlNodeConformance extends Cases {
    /** For subclasses. */
    protected ControlNodeConformance() {}

    @Test
    @Rule(value = "2.2", item = 15)
    void theVersionIsTheHighest() {
        var version = rig.bytes(Long.BYTES);
        version.set(JAVA_LONG, 0, -1);
        done(rig.control().ioctl(VduseIoctl.VDUSE_GET_API_VERSION, version));
        assertThat(version.get(JAVA_LONG, 0)).isEqualTo(rig.target().apiVersion());
    }

    @Test
    @Rule("2.2")
    void theVersionNeedsAnAddress() {
        refused(rig.control().ioctl(VduseIoctl.VDUSE_GET_API_VERSION, MemorySegment.NULL), Errno.EFAULT);
    }

    @Test
    @Rule("2.2")
    void aVersionCanBeChosenAgainAndAgain() {
        for (long version : new long[] {0, rig.target().apiVersion(), 0}) {
            done(choose(version));
            var chosen = rig.bytes(Long.BYTES);
            done(rig.control().ioctl(VduseIoctl.VDUSE_GET_API_VERSION, chosen));
            assertThat(chosen.get(JAVA_LONG, 0)).isEqualTo(version);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 1L << 32, Long.MIN_VALUE, -1})
    @Rule("2.2")
    void versionsThatDoNotExistAreRefused(long version) {
        refused(choose(version), Errno.EINVAL);
    }

    @Test
    @Rule("2.2")
    void theVersionAfterTheHighestIsRefused() {
        refused(choose(rig.target().apiVersion() + 1), Errno.EINVAL);
    }

    @Test
    @Rule("2.2")
    void aVersionToChooseNeedsAnAddress() {
        refused(rig.control().ioctl(VduseIoctl.VDUSE_SET_API_VERSION, MemorySegment.NULL), Errno.EFAULT);
    }

    private int choose(long version) {
        var argument = rig.bytes(Long.BYTES);
        argument.set(JAVA_LONG, 0, version);
        return rig.control().ioctl(VduseIoctl.VDUSE_SET_API_VERSION, argument);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x81ff, 0x8106, VduseIoctl.VDUSE_VQ_GET_INFO, VduseIoctl.VDUSE_DEV_GET_FEATURES, 0x8008_8200})
    @Rule("2.0")
    void unknownCallsAreInvalid(int request) {
        refused(rig.control().ioctl(request, rig.bytes(512)), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x8008_8104, 0x4008_8105})
    @Rule("2.0")
    void theCallsOfFeaturesAreUnknownBeforeTheyExisted(int request) {
        assumeTrue(rig.target().apiVersion() == 0, "this kernel may know them");
        refused(rig.control().ioctl(request, rig.bytes(Long.BYTES)), Errno.EINVAL);
    }

    @Test
    @Rule("2.1")
    void nothingCanBeReadOrWritten() {
        refused(rig.control().read(rig.bytes(152)), Errno.EINVAL);
        refused(rig.control().write(rig.bytes(152)), Errno.EINVAL);
    }

    @Test
    @Rule("2.1")
    void pollNeverWaits() {
        int both = VduseNode.POLLIN | VduseNode.POLLOUT;
        assertThat(rig.control().poll(both, Rig.PATIENCE.toMillis())).isEqualTo(both);
    }

    @Test
    @Rule("2.1")
    void itCanBeOpenManyTimes() throws Exception {
        try (var second = rig.host().open(NodeName.CONTROL)) {
            var config = DeviceConfig.disk(Rig.name(), 1);
            done(rig.create(second, config.name(), config.encode(rig.arena())));
            done(rig.destroy(config.name()));
        }
        done(choose(0));
    }

    @Test
    @Rule("2.1")
    void aClosedOneAnswersBadDescriptor() throws Exception {
        var closed = rig.host().open(NodeName.CONTROL);
        closed.close();
        closed.close();
        refused(closed.ioctl(VduseIoctl.VDUSE_GET_API_VERSION, rig.bytes(Long.BYTES)), Errno.EBADF);
    }

    @Test
    @Rule("2.1")
    void aDeviceOutlivesTheNodeThatMadeIt() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        try (var other = rig.host().open(NodeName.CONTROL)) {
            done(rig.create(other, config.name(), config.encode(rig.arena())));
        }
        rig.open(config.name());
    }
}
