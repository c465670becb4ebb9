package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.IovaUmemLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqConfigLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The calls of a device that was never attached: every errno that they have then. */
public abstract class IdleDeviceConformance extends Cases {
    private static final int QUEUES = 3;

    /** A descriptor of which a process has none. */
    private static final int NO_FD = 0x7fff_fff0;

    private Node node;

    /** For subclasses. */
    protected IdleDeviceConformance() {}

    @BeforeEach
    void makeDevice() throws Exception {
        node = rig.device(DeviceConfig.disk(Rig.name(), QUEUES));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x81ff, 0x810f, 0x811c, VduseIoctl.VDUSE_GET_API_VERSION, VduseIoctl.VDUSE_CREATE_DEV, 0x8200})
    @Rule("2.0")
    void unknownCallsAreNoTypewriter(int request) {
        refused(node.raw().ioctl(request, rig.bytes(512)), Errno.ENOTTY);
    }

    @ParameterizedTest
    @ValueSource(ints = {0xc050_811b, 0xc058_811b})
    @Rule("2.3")
    void mappingsOfAnAddressSpaceNeedVersion1(int request) {
        refused(node.raw().ioctl(request, rig.bytes(128)), Errno.ENOTTY);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                VduseIoctl.VDUSE_IOTLB_GET_FD,
                VduseIoctl.VDUSE_DEV_GET_FEATURES,
                VduseIoctl.VDUSE_DEV_SET_CONFIG,
                VduseIoctl.VDUSE_VQ_SETUP,
                VduseIoctl.VDUSE_VQ_GET_INFO,
                VduseIoctl.VDUSE_VQ_SETUP_KICKFD,
                VduseIoctl.VDUSE_VQ_INJECT_IRQ,
                VduseIoctl.VDUSE_IOTLB_REG_UMEM,
                VduseIoctl.VDUSE_IOTLB_DEREG_UMEM,
                VduseIoctl.VDUSE_IOTLB_GET_INFO
            })
    @Rule("2.3")
    void argumentsMustBeThere(int request) {
        refused(node.raw().ioctl(request, MemorySegment.NULL), Errno.EFAULT);
    }

    @Test
    @Rule("2.3")
    void nobodyHasChosenFeatures() {
        assertThat(node.features()).isZero();
    }

    @Test
    @Rule(value = "2.3", item = 10)
    void thereIsNobodyToInterrupt() {
        refused(node.injectConfig(), Errno.EINVAL);
        refused(node.inject(0), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {QUEUES, 0xffff, Integer.MIN_VALUE, -1})
    @Rule("2.3")
    void queuesThatAreNotThere(int index) throws Exception {
        refused(node.setUp(index, 64), Errno.EINVAL);
        refused(node.inject(index), Errno.EINVAL);
        var info = rig.bytes(VqInfoLayout.SIZE);
        info.set(JAVA_INT, VqInfoLayout.INDEX, index);
        refused(node.raw().ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, info), Errno.EINVAL);
        try (var kick = EventFd.create()) {
            refused(node.kickFd(index, kick.fd().number()), Errno.EINVAL);
        }
        refused(node.kickFd(index, VduseAbi.VDUSE_EVENTFD_DEASSIGN), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 64, 1024, 0x8000, 0xffff})
    @Rule("2.3")
    void anySizeOfAQueueIsTaken(int size) {
        for (int queue = 0; queue < QUEUES; queue++) {
            done(node.setUp(queue, size));
        }
        assertThat(node.info(0)).isEqualTo(VqInfo.NONE);
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 8, 10, 12, 20, 30})
    @Rule("1.3")
    void reservedFieldsOfAQueueMustBeZero(int offset) {
        var config = rig.bytes(VqConfigLayout.SIZE);
        config.set(JAVA_SHORT, VqConfigLayout.MAX_SIZE, (short) 64);
        config.set(JAVA_SHORT, offset, (short) 1);
        refused(node.raw().ioctl(VduseIoctl.VDUSE_VQ_SETUP, config), Errno.EINVAL);
    }

    @Test
    @Rule("2.3")
    void aQueueThatNoDriverHasTouched() {
        assertThat(node.info(0)).isEqualTo(VqInfo.NONE);
        assertThat(node.info(QUEUES - 1)).isEqualTo(VqInfo.NONE);
    }

    @Test
    @Rule("1.3")
    void whatTheKernelDoesNotFillInComesBackAsItWas() {
        var info = rig.bytes(VqInfoLayout.SIZE);
        info.fill((byte) 0x5a);
        info.set(JAVA_INT, VqInfoLayout.INDEX, 1);
        done(node.raw().ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, info));
        assertThat(info.get(JAVA_INT, VqInfoLayout.INDEX)).isEqualTo(1);
        assertThat(info.asSlice(VqInfoLayout.NUM, 30).toArray(JAVA_BYTE)).containsOnly(0);
        assertThat(info.asSlice(34, 6).toArray(JAVA_BYTE)).containsOnly(0x5a);
        assertThat(info.get(JAVA_BYTE, VqInfoLayout.READY)).isZero();
        assertThat(info.asSlice(41, 7).toArray(JAVA_BYTE)).containsOnly(0x5a);
    }

    @Test
    @Rule("2.3")
    void anEventfdIsTakenReplacedAndTakenAway() throws Exception {
        try (var first = EventFd.create();
                var second = EventFd.create()) {
            done(node.kickFd(0, first.fd().number()));
            done(node.kickFd(0, second.fd().number()));
            done(node.kickFd(0, VduseAbi.VDUSE_EVENTFD_DEASSIGN));
            done(node.kickFd(0, VduseAbi.VDUSE_EVENTFD_DEASSIGN));
            assertThat(first.drain() + second.drain()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, -100, Integer.MIN_VALUE})
    @Rule("2.3")
    void otherNegativeDescriptorsDoNothing(int fd) {
        done(node.kickFd(0, fd));
    }

    @Test
    @Rule("2.3")
    void aDescriptorThatIsNotOpen() {
        refused(node.kickFd(0, NO_FD), Errno.EBADF);
    }

    @Test
    @Rule("2.3")
    void aDescriptorThatIsNoEventfd() throws Exception {
        try (var file = Memfd.create("conformance", 4096)) {
            refused(node.kickFd(0, file.number()), Errno.EINVAL);
        }
    }

    @Test
    @Rule("2.3")
    void theQueueIsLookedUpBeforeTheDescriptor() {
        refused(node.kickFd(QUEUES, NO_FD), Errno.EINVAL);
    }

    @ParameterizedTest
    @CsvSource({"0, -1", "0, 0", "1, 0", "4096, 8191", "-1, -1"})
    @Rule(value = "2.3", item = 11)
    void thereIsNoMemory(long start, long last) {
        refused(node.getFd(node.range(start, last)), Errno.EINVAL);
        refused(node.getInfo(node.infoRange(start, last)), Errno.EINVAL);
    }

    @Test
    @Rule("2.3")
    void userMemoryNeedsAnAttachedDevice() {
        var memory = rig.arena().allocate(1 << 20, NativeMemory.pageSize());
        refused(node.register(node.userMemory(memory.address(), 0, 1 << 20)), Errno.EINVAL);
        refused(node.deregister(node.userMemory(memory.address(), 0, 1 << 20)), Errno.ENOENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 28, 32, 40, 44})
    @Rule("2.3")
    void reservedFieldsComeBeforeTheAbsenceOfUserMemory(int offset) {
        var memory = node.userMemory(0, 0, 1 << 20);
        memory.set(JAVA_INT, offset, 1);
        assertThat(memory.byteSize()).isEqualTo(IovaUmemLayout.SIZE);
        refused(node.deregister(memory), Errno.EINVAL);
        refused(node.register(memory), Errno.EINVAL);
    }

    @Test
    @Rule("2.1")
    void aClosedNodeAnswersBadDescriptor() {
        node.close();
        node.close();
        refused(node.injectConfig(), Errno.EBADF);
        refused(node.setUp(0, 64), Errno.EBADF);
        refused(node.raw().read(rig.bytes(152)), Errno.EBADF);
        refused(node.raw().write(rig.bytes(152)), Errno.EBADF);
        refused(node.raw().poll(1, 0), Errno.EBADF);
    }

    @Test
    @Rule("2.2")
    void whatWasSetUpStaysWhenTheNodeIsClosed() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        rig.device(config).setUpAll(1, 64).close();
        var reopened = rig.open(config.name());
        done(Daemon.of(reopened).during(rig.attach(config.name())));
        assertThat(reopened.info(0).num()).isEqualTo(64);
    }
}
