package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.embedded.vdpa.DmaDomain.Direction;
import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseGroups;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** API version 1 and the features behind it, as read from source. */
@Spec({"kernel-behaviour 1", "kernel-behaviour 2.2", "kernel-behaviour 4.1"})
@Timeout(60)
class Api1Test {
    private static final long BOUNCE = 4 << 20;

    private final Machine machine;

    Api1Test() throws Exception {
        machine = new Machine(KernelProfile.LINUX_7_3);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private int control(int request, long value) {
        return machine.control.ioctl(request, Raw.u64(value));
    }

    private int create(MemorySegment argument) {
        return machine.control.ioctl(VduseIoctl.VDUSE_CREATE_DEV, argument);
    }

    private static MemorySegment grouped(String name, int groups, int spaces) {
        return Raw.with(
                Raw.with(Raw.dev(name), VduseApi1.DEV_CONFIG_NGROUPS, groups), VduseApi1.DEV_CONFIG_NAS, spaces);
    }

    private static MemorySegment vq(int index, int group) {
        return Raw.with(Raw.vq(index, 256), VduseApi1.VQ_CONFIG_GROUP, group);
    }

    /** A device of two queues, each in a group of its own, with two address spaces. */
    private VduseNode device(long features) throws Exception {
        assertThat(control(VduseIoctl.VDUSE_SET_API_VERSION, 1)).isZero();
        assertThat(control(VduseApi1.VDUSE_SET_FEATURES, features)).isZero();
        assertThat(create(grouped("disk0", 2, 2))).isZero();
        machine.kernel.writeAttribute("disk0", "bounce_size", Long.toString(BOUNCE));
        var node = machine.open("disk0");
        for (int queue = 0; queue < Raw.QUEUES; queue++) {
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, vq(queue, queue))).isZero();
        }
        return node;
    }

    private static MemorySegment fd2(long start, long last, int asid) {
        var argument = Raw.zeros(VduseApi1.IOTLB_ENTRY_SIZE);
        Raw.with(argument, IotlbEntryLayout.START, start);
        Raw.with(argument, IotlbEntryLayout.LAST, last);
        return Raw.with(argument, VduseApi1.IOTLB_ENTRY_ASID, asid);
    }

    @Test
    void theNumbersHoldTheSizesOfTheirStructures() {
        assertThat(VduseApi1.VDUSE_IOTLB_GET_FD2 >>> 16 & 0x3fff).isEqualTo(VduseApi1.IOTLB_ENTRY_SIZE);
        assertThat(VduseApi1.VDUSE_GET_FEATURES & 0xffff).isEqualTo(0x8104);
        assertThat(VduseApi1.VDUSE_SET_FEATURES & 0xffff).isEqualTo(0x8105);
    }

    @Test
    @Spec("kernel-behaviour 11 item 15")
    void askingForTheVersionChoosesOne() throws Exception {
        assertThat(create(Raw.dev("v0"))).as("not asked: version 0").isZero();
        var version = Raw.u64(-1);
        assertThat(machine.control.ioctl(VduseIoctl.VDUSE_GET_API_VERSION, version))
                .isZero();
        assertThat(version.get(JAVA_LONG, 0)).isEqualTo(1);
        assertThat(create(Raw.dev("v1"))).as("version 1 wants groups").isEqualTo(-Errno.EINVAL);
        assertThat(control(VduseIoctl.VDUSE_SET_API_VERSION, 2)).isEqualTo(-Errno.EINVAL);
        assertThat(control(VduseIoctl.VDUSE_SET_API_VERSION, 0)).isZero();
        assertThat(machine.control.ioctl(VduseIoctl.VDUSE_GET_API_VERSION, version))
                .isZero();
        assertThat(version.get(JAVA_LONG, 0)).as("chosen").isZero();
        try (var other = machine.kernel.open("control")) {
            assertThat(other.ioctl(VduseIoctl.VDUSE_GET_API_VERSION, version)).isZero();
            assertThat(version.get(JAVA_LONG, 0)).as("each has its own").isEqualTo(1);
        }
    }

    @Test
    void featuresAreChosenForLaterDevices() {
        var features = Raw.u64(0);
        assertThat(machine.control.ioctl(VduseApi1.VDUSE_GET_FEATURES, features))
                .isZero();
        assertThat(features.get(JAVA_LONG, 0)).isEqualTo(3);
        assertThat(control(VduseApi1.VDUSE_SET_FEATURES, 4)).isEqualTo(-Errno.EINVAL);
        assertThat(control(VduseApi1.VDUSE_SET_FEATURES, 3)).isZero();
        assertThat(machine.control.ioctl(VduseApi1.VDUSE_SET_FEATURES, MemorySegment.NULL))
                .isEqualTo(-Errno.EFAULT);
    }

    @Test
    void groupsAndAddressSpacesOfCreate() {
        assertThat(create(grouped("disk0", 1, 0))).as("dirty in version 0").isEqualTo(-Errno.EINVAL);
        assertThat(create(grouped("disk0", 0, 1))).isEqualTo(-Errno.EINVAL);
        assertThat(control(VduseIoctl.VDUSE_SET_API_VERSION, 1)).isZero();
        for (int bad : new int[] {0, 0x10000, -1}) {
            assertThat(create(grouped("disk0", bad, 1))).isEqualTo(-Errno.EINVAL);
            assertThat(create(grouped("disk0", 1, bad))).isEqualTo(-Errno.EINVAL);
        }
        assertThat(create(Raw.with(grouped("disk0", 1, 1), VduseApi1.DEV_CONFIG_RESERVED, 1)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(create(grouped("disk0", 0xffff, 1))).isZero();
        assertThat(create(Raw.with(grouped("fs0", 1, 1), DevConfigLayout.DEVICE_ID, 26)))
                .isZero();
    }

    @Test
    void queuesJoinGroupsUntilTheDriverRuns() throws Exception {
        var node = device(0);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, vq(0, 2))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, vq(0, -1))).isEqualTo(-Errno.EINVAL);
        VdpaOps device = machine.attach("disk0");
        assertThat(List.of(device.groupCount(), device.asCount(), device.vqGroup(0), device.vqGroup(1)))
                .containsExactly(2, 2, 0, 1);
        try (var daemon = new Daemon(node)) {
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, vq(0, 0))).isZero();
            device.setStatus(0xf);
            assertThat(daemon.log).hasSize(1);
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, vq(0, 0))).isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void eachAddressSpaceHasItsShareOfTheBounceBuffer() throws Exception {
        var node = device(0);
        VdpaOps device = machine.attach("disk0");
        assertThat(device.domain(0)).as("every group begins in the first").isSameAs(device.domain(1));
        try (var daemon = new Daemon(node)) {
            assertThat(device.setGroupAsid(2, 0)).isEqualTo(-Errno.EINVAL);
            assertThat(device.setGroupAsid(0, 2)).isEqualTo(-Errno.EINVAL);
            daemon.answers = _ -> 1;
            assertThat(device.setGroupAsid(1, 1)).isEqualTo(-Errno.EIO);
            assertThat(device.domain(1)).as("unchanged").isSameAs(device.domain(0));
            daemon.answers = request -> request.get(JAVA_INT, VduseApi1.REQUEST_GROUP) == 1
                            && request.get(JAVA_INT, VduseApi1.REQUEST_GROUP_ASID) == 1
                    ? 0
                    : 1;
            assertThat(device.setGroupAsid(1, 1)).isZero();
            assertThat(daemon.log).containsExactly("type 3", "type 3");
        }
        var memory = Raw.zeros(10);
        memory.fill((byte) 5);
        assertThat(device.domain(1).map(memory, Direction.TO_DEVICE)).isEqualTo(BOUNCE / 2 - 4096);
        assertThat(node.ioctl(VduseIoctl.VDUSE_IOTLB_GET_FD, Raw.range(0, 0)))
                .as("of the first address space")
                .isEqualTo(-Errno.EINVAL);
        var entry = fd2(0, 0, 1);
        int number = node.ioctl(VduseApi1.VDUSE_IOTLB_GET_FD2, entry);
        Fd.adopt(number, "domain").close();
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.LAST)).isEqualTo(BOUNCE / 2 - 1);
        assertThat(entry.get(JAVA_INT, VduseApi1.IOTLB_ENTRY_ASID)).isEqualTo(1);
    }

    @Test
    void getFd2ChecksInOrder() throws Exception {
        int request = VduseApi1.VDUSE_IOTLB_GET_FD2;
        assertThat(create(Raw.dev("v0"))).isZero();
        assertThat(machine.open("v0").ioctl(request, MemorySegment.NULL)).isEqualTo(-Errno.ENOTTY);
        var node = device(0);
        assertThat(node.ioctl(request, Raw.zeros(79))).isEqualTo(-Errno.EFAULT);
        for (int dirty : new int[] {VduseApi1.IOTLB_ENTRY_RESERVED, VduseApi1.IOTLB_ENTRY_SIZE - 1}) {
            var argument = fd2(0, 0, 0);
            argument.set(JAVA_BYTE, dirty, (byte) 1);
            assertThat(node.ioctl(request, argument)).isEqualTo(-Errno.EINVAL);
        }
        assertThat(node.ioctl(request, fd2(0, 0, 2))).isEqualTo(-Errno.EINVAL);
        VdpaOps device = machine.attach("disk0");
        device.domain(0).map(Raw.zeros(10), Direction.TO_DEVICE);
        var padded = fd2(0, 0, 0);
        padded.set(JAVA_BYTE, 25, (byte) 1);
        int number = node.ioctl(request, padded);
        assertThat(number).as("padding is not checked").isNotNegative();
        Fd.adopt(number, "domain").close();
    }

    /** The typed framework on it. */
    @Test
    void theFrameworkSpeaksVersionOne() throws Exception {
        try (var typed = VduseControl.open(machine.kernel, 1)) {
            typed.selectFeatures(VduseApi1.VDUSE_F_QUEUE_READY);
            typed.create(new DeviceSpec("disk0", 0, 2, Raw.FEATURES, 2, 4096, new byte[8]), 2, 2);
            try (var node = VduseDevice.open(machine.kernel, "disk0", 2)) {
                var groups = new VduseGroups(node);
                groups.setupQueue(0, 64, 0);
                groups.setupQueue(1, 64, 1);
                VdpaOps device = machine.attach("disk0");
                assertThat(device.vqGroup(1)).isEqualTo(1);
                assertThat(groups.iotlb(0, 0, -1)).isEmpty();
                device.domain(0).map(Raw.zeros(10), Direction.TO_DEVICE);
                var entry = groups.iotlb(0, 0, -1).orElseThrow();
                entry.fd().close();
                assertThat(entry.last()).isEqualTo((32 << 20) - 1);
                assertThat(groups.iotlb(1, 0, -1)).isEmpty();
                assertThat(groups.iotlb(2, 0, -1)).isEmpty();
            }
        }
    }

    @Test
    void dirtyFieldsOfGetInfoAreEfaultHere() throws Exception {
        var node = device(0);
        var dirty = Raw.with(Raw.info(0, 0), VduseApi1.IOVA_RESERVED, 1);
        assertThat(node.ioctl(VduseIoctl.VDUSE_IOTLB_GET_INFO, dirty)).isEqualTo(-Errno.EFAULT);
        var space = Raw.with(Raw.info(0, 0), VduseApi1.IOVA_ASID, 2);
        assertThat(node.ioctl(VduseIoctl.VDUSE_IOTLB_GET_INFO, space)).isEqualTo(-Errno.EFAULT);
        machine.attach("disk0").domain(0).map(Raw.zeros(10), Direction.TO_DEVICE);
        var info = Raw.info(0, -1);
        assertThat(node.ioctl(VduseIoctl.VDUSE_IOTLB_GET_INFO, info)).isZero();
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.LAST)).isEqualTo(BOUNCE / 2 - 1);
    }

    @Test
    void mappingsOfAnAddressSpaceAreItsOwn() throws Exception {
        var node = device(0);
        VdpaOps device = machine.attach("disk0");
        try (var daemon = new Daemon(node)) {
            daemon.answers = request -> request.get(JAVA_INT, VduseApi1.REQUEST_IOVA_ASID) == 1 ? 0 : 1;
            assertThat(device.setMap(1, new Iotlb(List.of()))).isZero();
            assertThat(device.setMap(0, new Iotlb(List.of()))).isEqualTo(-Errno.EIO);
            assertThat(device.setMap(2, new Iotlb(List.of()))).isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void enablingAQueueIsAMessageWithTheFeature() throws Exception {
        var node = device(VduseApi1.VDUSE_F_QUEUE_READY);
        VdpaOps device = machine.attach("disk0");
        try (var daemon = new Daemon(node)) {
            daemon.answers = request -> request.get(JAVA_INT, VduseApi1.REQUEST_READY_VQ) == 1
                            && request.get(JAVA_INT, VduseApi1.REQUEST_READY) == 1
                    ? 0
                    : 1;
            device.setVqReady(1, true);
            assertThat(device.vqReady(1)).isTrue();
            assertThat(node.poll(VduseNode.POLLIN, 0)).isZero();
            device.setVqReady(1, false);
            assertThat(device.vqReady(1)).as("refused").isTrue();
            assertThat(node.poll(VduseNode.POLLIN, 0)).as("and broken").isEqualTo(VduseNode.POLLERR);
            assertThat(daemon.log).containsExactly("type 4", "type 4");
        }
    }

    @Test
    void aSuspendedDeviceNeitherKicksNorInterruptsUntilAReset() throws Exception {
        var node = device(VduseApi1.VDUSE_F_SUSPEND);
        VdpaOps device = machine.attach("disk0");
        var interrupts = new AtomicInteger();
        try (var daemon = new Daemon(node);
                var kick = EventFd.create();
                var call = EventFd.create()) {
            device.setStatus(0xf);
            device.setVqReady(0, true);
            device.setVqReady(1, true);
            device.setVqCallback(0, new VqCallback.Interrupt(interrupts::incrementAndGet));
            device.setVqCallback(1, new VqCallback.Trigger(call));
            node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, Raw.kick(0, kick.fd().number()));
            daemon.answers = _ -> 1;
            assertThat(device.suspend()).isEqualTo(-Errno.EIO);
            device.kickVq(0);
            assertThat(kick.drain()).as("refused").isEqualTo(1);
            daemon.answers = _ -> 0;
            assertThat(device.suspend()).isZero();
            device.kickVq(0);
            assertThat(kick.drain()).isZero();
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_INJECT_IRQ, Raw.u32(0))).isEqualTo(-Errno.EINVAL);
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_INJECT_IRQ, Raw.u32(1))).isEqualTo(-Errno.EINVAL);
            assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ, MemorySegment.NULL))
                    .isEqualTo(-Errno.EINVAL);
            assertThat(call.drain()).isZero();
            assertThat(interrupts).hasValue(0);
            assertThat(device.reset()).isZero();
            device.setStatus(0xf);
            assertThat(node.ioctl(VduseIoctl.VDUSE_VQ_INJECT_IRQ, Raw.u32(1))).isZero();
            assertThat(daemon.log).contains("type 5", "status 0x0");
        }
    }
}
