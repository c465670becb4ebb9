package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqConfigLayout;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** API version 1, and the features that came after it. */
public abstract class Version1Conformance extends Cases {
    private static final int GROUPS = 2;

    private VduseNode control;

    /** For subclasses. */
    protected Version1Conformance() {}

    @BeforeEach
    void chooseVersion1() throws Exception {
        control = rig.keep(rig.host().open(NodeName.CONTROL));
        done(number(control, VduseIoctl.VDUSE_SET_API_VERSION, VduseApi1.VDUSE_API_VERSION_1));
    }

    private int number(VduseNode node, int request, long value) {
        var argument = rig.bytes(Long.BYTES);
        argument.set(JAVA_LONG, 0, value);
        return node.ioctl(request, argument);
    }

    private static DeviceConfig disk() {
        return DeviceConfig.disk(Rig.name(), 2);
    }

    private MemorySegment grouped(DeviceConfig config, int groups, int spaces) {
        var bytes = config.encode(rig.arena());
        bytes.set(JAVA_INT, VduseApi1.DEV_CONFIG_NGROUPS, groups);
        bytes.set(JAVA_INT, VduseApi1.DEV_CONFIG_NAS, spaces);
        return bytes;
    }

    private Node device(DeviceConfig config) throws Exception {
        done(rig.create(control, config.name(), grouped(config, GROUPS, 2)));
        return rig.open(config.name()).setUpAll(config.queues(), 64);
    }

    private int setUp(Node node, int queue, int group) {
        var config = rig.bytes(VqConfigLayout.SIZE);
        config.set(JAVA_INT, VqConfigLayout.INDEX, queue);
        config.set(JAVA_SHORT, VqConfigLayout.MAX_SIZE, (short) 64);
        config.set(JAVA_INT, VduseApi1.VQ_CONFIG_GROUP, group);
        return node.raw().ioctl(VduseIoctl.VDUSE_VQ_SETUP, config);
    }

    private MemorySegment entry(long start, long last, int asid) {
        var entry = rig.bytes(VduseApi1.IOTLB_ENTRY_SIZE);
        entry.set(JAVA_LONG, IotlbEntryLayout.START, start);
        entry.set(JAVA_LONG, IotlbEntryLayout.LAST, last);
        entry.set(JAVA_INT, VduseApi1.IOTLB_ENTRY_ASID, asid);
        return entry;
    }

    private static int getFd2(Node node, MemorySegment entry) {
        return node.raw().ioctl(VduseApi1.VDUSE_IOTLB_GET_FD2, entry);
    }

    @Test
    @Rule(value = "2.2", item = 15)
    void askingForTheVersionIsChoosingIt() {
        var config = disk();
        done(rig.create(config));
        done(rig.destroy(config.name()));
        done(rig.control().ioctl(VduseIoctl.VDUSE_GET_API_VERSION, rig.bytes(Long.BYTES)));
        refused(rig.create(config), Errno.EINVAL);
        done(number(rig.control(), VduseIoctl.VDUSE_SET_API_VERSION, 0));
        done(rig.create(config));
    }

    @Test
    @Rule(value = "2.1", item = 15)
    void everyControlNodeHasAVersionOfItsOwn() {
        var config = disk();
        done(rig.create(config));
        refused(rig.create(control, Rig.name(), disk().encode(rig.arena())), Errno.EINVAL);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 0", "65536, 1", "1, 65536", "-1, 1", "1, -1"})
    @Rule("1.3")
    void numbersOfGroupsAndSpacesThatAreNone(int groups, int spaces) {
        var config = disk();
        refused(rig.create(control, config.name(), grouped(config, groups, spaces)), Errno.EINVAL);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "65535, 1"})
    @Rule("1.3")
    void numbersOfGroupsAndSpaces(int groups, int spaces) {
        var config = disk();
        done(rig.create(control, config.name(), grouped(config, groups, spaces)));
    }

    @Test
    @Rule("2.2")
    void fileSystemsAreServed() {
        var config = disk().withDeviceId(DeviceConfig.FS);
        done(rig.create(control, config.name(), grouped(config, 1, 1)));
    }

    @Test
    @Rule("2.2")
    void featuresThatThereAre() {
        var features = rig.bytes(Long.BYTES);
        done(control.ioctl(VduseApi1.VDUSE_GET_FEATURES, features));
        assertThat(features.get(JAVA_LONG, 0)).isEqualTo(3);
        done(number(control, VduseApi1.VDUSE_SET_FEATURES, 3));
        done(number(control, VduseApi1.VDUSE_SET_FEATURES, 0));
        refused(number(control, VduseApi1.VDUSE_SET_FEATURES, 4), Errno.EINVAL);
        refused(number(control, VduseApi1.VDUSE_SET_FEATURES, -1), Errno.EINVAL);
        refused(control.ioctl(VduseApi1.VDUSE_GET_FEATURES, MemorySegment.NULL), Errno.EFAULT);
        refused(control.ioctl(VduseApi1.VDUSE_SET_FEATURES, MemorySegment.NULL), Errno.EFAULT);
    }

    @Test
    @Rule("2.3")
    void queuesAreInGroups() throws Exception {
        var node = device(disk());
        done(setUp(node, 0, 1));
        refused(setUp(node, 0, GROUPS), Errno.EINVAL);
        refused(setUp(node, 0, -1), Errno.EINVAL);
    }

    @Test
    @Rule("2.3")
    void aRunningQueueIsNotSetUp() throws Exception {
        var config = disk();
        var node = device(config);
        done(Daemon.of(node).during(rig.attach(config.name())));
        refused(setUp(node, 0, 0), Errno.EINVAL);
        done(Daemon.of(node).during(rig.detach(config.name())));
        done(setUp(node, 0, 0));
    }

    @Test
    @Rule("2.3")
    void memoryIsAskedForByAddressSpace() throws Exception {
        var config = disk();
        var node = device(config);
        refused(getFd2(node, entry(0, -1, 0)), Errno.EINVAL);
        done(Daemon.of(node).during(rig.attach(config.name())));
        long start = node.info(0).desc();
        var entry = entry(start, start, 0);
        rig.adopt(getFd2(node, entry));
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.START)).isEqualTo(start);
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.OFFSET)).isEqualTo(start);
        refused(getFd2(node, entry(start, start, 1)), Errno.EINVAL);
        refused(getFd2(node, entry(start, start, 2)), Errno.EINVAL);
        refused(getFd2(node, MemorySegment.NULL), Errno.EFAULT);
    }

    @ParameterizedTest
    @ValueSource(ints = {36, 56, 76})
    @Rule("2.3")
    void reservedFieldsOfAnEntryMustBeZero(int offset) throws Exception {
        var config = disk();
        var node = device(config);
        done(Daemon.of(node).during(rig.attach(config.name())));
        var entry = entry(0, -1, 0);
        entry.set(JAVA_INT, offset, 1);
        refused(getFd2(node, entry), Errno.EINVAL);
    }

    private List<String> readyTranscript(DeviceConfig config, Node node) throws Exception {
        var daemon = Daemon.of(node);
        done(daemon.during(rig.attach(config.name())));
        return daemon.transcript();
    }

    @Test
    @Rule(value = "7.1", item = 9)
    void everyQueueThatBecomesReadyIsAMessage() throws Exception {
        done(number(control, VduseApi1.VDUSE_SET_FEATURES, VduseApi1.VDUSE_F_QUEUE_READY));
        var config = disk();
        var node = device(config);
        assertThat(readyTranscript(config, node))
                .containsExactly(
                        "status 0x00", "status 0x01", "status 0x03", "status 0x0b", "ready 0 1", "status 0x0f");
        var daemon = Daemon.of(node);
        done(daemon.during(rig.detach(config.name())));
        assertThat(daemon.transcript()).containsExactly("status 0x00", "ready 0 0", "status 0x01");
    }

    @Test
    @Rule(value = "1.4", item = 6)
    void aQueueThatIsRefusedBreaksTheDevice() throws Exception {
        done(number(control, VduseApi1.VDUSE_SET_FEATURES, VduseApi1.VDUSE_F_QUEUE_READY));
        var config = disk();
        var node = device(config);
        Predicate<Request> ready = request -> request.type() == VduseApi1.VDUSE_SET_VQ_READY;
        done(Daemon.refusing(node, ready).during(rig.attach(config.name())));
        assertThat(node.raw().poll(0, 0)).isEqualTo(VduseNode.POLLERR);
        refused(node.inject(0), Errno.EPERM);
    }

    @Test
    @Rule("2.2")
    void withoutTheFeatureThereIsNoSuchMessage() throws Exception {
        var config = disk();
        assertThat(readyTranscript(config, device(config)))
                .isEqualTo(IntStream.of(0x00, 0x01, 0x03, 0x0b, 0x0f)
                        .mapToObj(Request::status)
                        .toList());
    }
}
