package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.embedded.vdpa.DmaDomain.Direction;
import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.IovaUmemLayout;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Spec("kernel-behaviour 5")
@Timeout(60)
class DomainTest {
    private static final int GET_FD = VduseIoctl.VDUSE_IOTLB_GET_FD;
    private static final int GET_INFO = VduseIoctl.VDUSE_IOTLB_GET_INFO;
    private static final int REG = VduseIoctl.VDUSE_IOTLB_REG_UMEM;
    private static final int DEREG = VduseIoctl.VDUSE_IOTLB_DEREG_UMEM;
    private static final long BOUNCE = 1 << 20;

    private final Machine machine;
    private final VduseNode node;

    DomainTest() throws Exception {
        machine = new Machine();
        node = machine.device("disk0");
        machine.kernel.writeAttribute("disk0", "bounce_size", Long.toString(BOUNCE));
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private static MemorySegment driverMemory(int bytes, int value) {
        var memory = Raw.zeros(bytes);
        memory.fill((byte) value);
        return memory;
    }

    /** Maps a range as a daemon does. */
    private Mapping daemonMapping(long start, long last) throws Exception {
        var entry = Raw.range(start, last);
        int number = node.ioctl(GET_FD, entry);
        assertThat(number).isNotNegative();
        long first = entry.get(JAVA_LONG, IotlbEntryLayout.START);
        long bytes = entry.get(JAVA_LONG, IotlbEntryLayout.LAST) - first + 1;
        try (var fd = Fd.adopt(number, "domain")) {
            return Mapping.shared(fd, entry.get(JAVA_LONG, IotlbEntryLayout.OFFSET), bytes, true, true);
        }
    }

    private static int at(Mapping mapping, long offset) {
        return Byte.toUnsignedInt(NativeMemory.ALL.get(JAVA_BYTE, mapping.address() + offset));
    }

    private int getFd(long start, long last) {
        int result = node.ioctl(GET_FD, Raw.range(start, last));
        if (result >= 0) {
            Fd.adopt(result, "domain").close();
        }
        return Math.min(result, 0);
    }

    @Test
    @Spec("kernel-behaviour 11 item 11")
    void nothingIsThereBeforeTheFirstAttachAndTheFirstMap() throws Exception {
        assertThat(getFd(0, 4095)).as("no domain").isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(GET_INFO, Raw.info(0, 4095))).isEqualTo(-Errno.EINVAL);
        VdpaOps device = machine.attach("disk0");
        assertThat(getFd(0, 4095)).as("no map").isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(REG, Raw.umem(4096, 0, BOUNCE))).isEqualTo(-Errno.EINVAL);
        var memory = driverMemory(100, 1);
        long iova = device.domain(0).map(memory, Direction.TO_DEVICE);
        assertThat(iova).isEqualTo(BOUNCE - 4096);
        assertThat(getFd(1, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(getFd(-1, 1)).as("unsigned").isEqualTo(-Errno.EINVAL);
        assertThat(getFd(BOUNCE, -1)).isEqualTo(-Errno.EINVAL);
        var entry = Raw.range(iova, iova + 99);
        entry.asSlice(24).fill((byte) 0x77);
        int number = node.ioctl(GET_FD, entry);
        Fd.adopt(number, "domain").close();
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.OFFSET)).isZero();
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.START)).isZero();
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.LAST)).isEqualTo(BOUNCE - 1);
        assertThat(entry.get(JAVA_LONG, 24)).as("RW, padding echoed").isEqualTo(0x7777_7777_7777_7703L);
        var info = Raw.info(0, -1);
        assertThat(node.ioctl(GET_INFO, info)).isZero();
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.LAST)).isEqualTo(BOUNCE - 1);
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.CAPABILITY)).isEqualTo(1);
        assertThat(node.ioctl(GET_INFO, Raw.with(Raw.info(0, -1), IovaInfoLayout.RESERVED, 1)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(GET_INFO, Raw.info(1, 0))).isEqualTo(-Errno.EINVAL);
    }

    @Test
    @Spec("kernel-behaviour 11 item 11")
    void aRingHasAnEntryOfItsExactSizeAtItsAddress() throws Exception {
        VdpaOps device = machine.attach("disk0");
        var ring = device.domain(0).allocateCoherent(0x2806);
        assertThat(ring.iova()).isEqualTo(0x47ffc000);
        assertThat(ring.memory().byteSize()).isEqualTo(0x2806);
        var entry = Raw.range(ring.iova() + 7, ring.iova() + 7);
        Fd.adopt(node.ioctl(GET_FD, entry), "domain").close();
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.OFFSET)).isEqualTo(ring.iova());
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.START)).isEqualTo(ring.iova());
        assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.LAST)).isEqualTo(ring.iova() + 0x2805);
        var info = Raw.info(ring.iova(), ring.iova());
        assertThat(node.ioctl(GET_INFO, info)).isZero();
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.CAPABILITY)).isZero();
        ring.memory().set(JAVA_BYTE, 5, (byte) 42);
        var daemon = daemonMapping(ring.iova(), ring.iova());
        assertThat(at(daemon, 5)).as("both see it at once").isEqualTo(42);
        daemon.close();
        device.domain(0).freeCoherent(ring);
        assertThat(getFd(ring.iova(), ring.iova())).isEqualTo(-Errno.EINVAL);
        var next = device.domain(0).allocateCoherent(0x2806);
        assertThat(next.memory().get(JAVA_BYTE, 5)).as("zeroed").isZero();
    }

    @Test
    @Spec("kernel-behaviour 11 item 12")
    void copiesFollowTheDirectionAndTheWholeSize() throws Exception {
        DmaDomain domain = machine.attach("disk0").domain(0);
        var out = driverMemory(6000, 0x11);
        var in = driverMemory(6000, 0x22);
        var both = driverMemory(10, 0x33);
        long outIova = domain.map(out, Direction.TO_DEVICE);
        long inIova = domain.map(in, Direction.FROM_DEVICE);
        long bothIova = domain.map(both, Direction.BIDIRECTIONAL);
        assertThat(List.of(outIova % 4096, inIova % 4096, bothIova % 4096)).containsOnly(0L);
        var daemon = daemonMapping(0, 0);
        assertThat(at(daemon, outIova)).isEqualTo(0x11);
        assertThat(at(daemon, outIova + 5999)).isEqualTo(0x11);
        assertThat(at(daemon, outIova + 6000)).as("pages are zeroed").isZero();
        assertThat(at(daemon, inIova)).as("nothing of it is copied").isZero();
        assertThat(at(daemon, bothIova)).isEqualTo(0x33);
        var space = NativeMemory.ALL.asSlice(daemon.address(), BOUNCE);
        space.fill((byte) 0x44);
        domain.unmap(outIova, out, Direction.TO_DEVICE);
        domain.unmap(inIova, in, Direction.FROM_DEVICE);
        domain.unmap(bothIova, both, Direction.BIDIRECTIONAL);
        assertThat(out.mismatch(driverMemory(6000, 0x11))).isEqualTo(-1);
        assertThat(in.mismatch(driverMemory(6000, 0x44))).isEqualTo(-1);
        assertThat(both.mismatch(driverMemory(10, 0x44))).isEqualTo(-1);
        domain.unmap(outIova, out, Direction.FROM_DEVICE);
        assertThat(out.get(JAVA_BYTE, 0)).as("unmapped once").isEqualTo((byte) 0x11);
        daemon.close();
    }

    @Test
    void aFullBounceBufferIsAMappingError() throws Exception {
        DmaDomain domain = machine.attach("disk0").domain(0);
        assertThat(domain.maxMappingSize()).isEqualTo(BOUNCE);
        var half = driverMemory((int) BOUNCE / 2, 1);
        long iova = domain.map(half, Direction.TO_DEVICE);
        assertThat(iova).isEqualTo(BOUNCE / 2);
        assertThat(domain.map(half, Direction.TO_DEVICE)).isEqualTo(DmaDomain.MAPPING_ERROR);
        domain.unmap(iova, half, Direction.TO_DEVICE);
        assertThat(domain.map(half, Direction.TO_DEVICE)).isEqualTo(iova);
    }

    @Test
    @Spec("kernel-behaviour 4.3")
    void aResetTakesTheBounceEntryAndLeavesRingsAndPages() throws Exception {
        VdpaOps device = machine.attach("disk0");
        try (var daemon = new Daemon(node)) {
            var memory = driverMemory(10, 0x55);
            long iova = device.domain(0).map(memory, Direction.TO_DEVICE);
            var ring = device.domain(0).allocateCoherent(100);
            assertThat(device.reset()).isZero();
            assertThat(getFd(0, BOUNCE - 1)).isEqualTo(-Errno.EINVAL);
            assertThat(getFd(ring.iova(), ring.iova())).isZero();
            device.domain(0).unmap(iova, memory, Direction.TO_DEVICE);
            device.domain(0).map(memory, Direction.FROM_DEVICE);
            var mapped = daemonMapping(0, 0);
            assertThat(at(mapped, iova)).as("stale data stays").isEqualTo(0x55);
            mapped.close();
            assertThat(daemon.log).containsExactly("status 0x0");
        }
    }

    @Test
    void aDomainOutlivesTheDetach() throws Exception {
        var ring = machine.attach("disk0").domain(0).allocateCoherent(100);
        machine.vdpa(4, "disk0");
        assertThat(getFd(ring.iova(), ring.iova())).isZero();
        machine.attach("disk0");
        assertThat(getFd(ring.iova(), ring.iova())).isZero();
    }

    @Test
    @Spec("kernel-behaviour 5.6")
    void userMemoryTakesTheBounceBuffersPlace() throws Exception {
        DmaDomain domain = machine.attach("disk0").domain(0);
        var out = driverMemory(5000, 0x11);
        var in = driverMemory(5000, 0x22);
        long outIova = domain.map(out, Direction.TO_DEVICE);
        long inIova = domain.map(in, Direction.FROM_DEVICE);
        var user = Mapping.anonymous(BOUNCE);
        long address = user.address();
        assertThat(node.ioctl(REG, Raw.umem(address, 0, BOUNCE - 4096))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(REG, Raw.umem(address, 4096, BOUNCE))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(REG, Raw.umem(address + 1, 0, BOUNCE))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(REG, Raw.with(Raw.umem(address, 0, BOUNCE), IovaUmemLayout.RESERVED, 1)))
                .isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(REG, Raw.umem(4096, 0, BOUNCE))).as("not mapped").isEqualTo(-Errno.EFAULT);
        assertThat(node.ioctl(DEREG, Raw.umem(0, 0, BOUNCE))).isEqualTo(-Errno.ENOENT);
        assertThat(node.ioctl(REG, Raw.umem(address, 0, BOUNCE))).isZero();
        assertThat(node.ioctl(REG, Raw.umem(address, 0, BOUNCE))).isEqualTo(-Errno.EEXIST);
        assertThat(at(user, outIova + 4999)).as("what is in use moves").isEqualTo(0x11);
        assertThat(at(user, outIova - 4096)).as("only that").isZero();
        var later = driverMemory(10, 0x66);
        long laterIova = domain.map(later, Direction.TO_DEVICE);
        assertThat(at(user, laterIova)).isEqualTo(0x66);
        NativeMemory.ALL.asSlice(address + inIova, 5000).fill((byte) 0x77);
        assertThat(node.ioctl(DEREG, Raw.umem(0, 0, BOUNCE - 4096))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(DEREG, Raw.umem(0, 4096, BOUNCE))).isEqualTo(-Errno.EINVAL);
        assertThat(node.ioctl(DEREG, Raw.umem(0, 0, BOUNCE))).isZero();
        user.close();
        domain.unmap(inIova, in, Direction.FROM_DEVICE);
        assertThat(in.mismatch(driverMemory(5000, 0x77))).as("moved back").isEqualTo(-1);
        domain.unmap(outIova, out, Direction.TO_DEVICE);
        assertThat(domain.map(out, Direction.TO_DEVICE)).isNotZero();
    }

    @Test
    @Spec("kernel-behaviour 3.6")
    void closingTheNodeDeregisters() throws Exception {
        DmaDomain domain = machine.attach("disk0").domain(0);
        var in = driverMemory(10, 0);
        long iova = domain.map(in, Direction.FROM_DEVICE);
        var user = Mapping.anonymous(BOUNCE);
        assertThat(node.ioctl(REG, Raw.umem(user.address(), 0, BOUNCE))).isZero();
        NativeMemory.ALL.set(JAVA_BYTE, user.address() + iova, (byte) 9);
        node.close();
        user.close();
        domain.unmap(iova, in, Direction.FROM_DEVICE);
        assertThat(in.get(JAVA_BYTE, 0)).isEqualTo((byte) 9);
        assertThat(machine.open("disk0").ioctl(DEREG, Raw.umem(0, 0, BOUNCE))).isEqualTo(-Errno.ENOENT);
    }

    @Test
    @Spec("kernel-behaviour 4.1, 8.6")
    void mappingsOfAVirtualMachineReplaceEverything() throws Exception {
        VdpaOps device = machine.attach("disk0");
        device.domain(0).map(driverMemory(10, 1), Direction.TO_DEVICE);
        try (var memory = Memfd.create("guest", 1 << 20);
                var daemon = new Daemon(node)) {
            var guest = List.of(
                    new Iotlb.Entry(0x9000, 0x9fff, 1, memory, 0x3000),
                    new Iotlb.Entry(0x2_0000_0000L, 0x2_0000_ffffL, 3, memory, 0x10000));
            assertThat(device.setMap(0, new Iotlb(guest))).isZero();
            assertThat(daemon.log).containsExactly("type 2");
            assertThat(getFd(0, 0x8fff)).as("the bounce entry is gone").isEqualTo(-Errno.EINVAL);
            var entry = Raw.range(0, -1);
            Fd.adopt(node.ioctl(GET_FD, entry), "guest").close();
            assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.START))
                    .as("the lowest")
                    .isEqualTo(0x9000);
            assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.LAST)).isEqualTo(0x9fff);
            assertThat(entry.get(JAVA_LONG, IotlbEntryLayout.OFFSET)).isEqualTo(0x3000);
            assertThat(Raw.u8(entry, IotlbEntryLayout.PERM)).isEqualTo(1);
            daemon.answers = _ -> 1;
            assertThat(device.setMap(0, new Iotlb(guest.subList(1, 2)))).isEqualTo(-Errno.EIO);
            assertThat(getFd(0, -1)).as("neither old nor new").isEqualTo(-Errno.EINVAL);
            daemon.answers = _ -> 0;
            assertThat(device.setMap(0, new Iotlb(List.of(new Iotlb.Entry(0, -1, 3, memory, 0)))))
                    .isZero();
            var half = Raw.range(-1, -1);
            Fd.adopt(node.ioctl(GET_FD, half), "guest").close();
            assertThat(half.get(JAVA_LONG, IotlbEntryLayout.START)).isEqualTo(Long.MIN_VALUE);
            assertThat(device.setMap(0, new Iotlb(List.of(new Iotlb.Entry(9, 8, 3, memory, 0)))))
                    .isEqualTo(-Errno.EFAULT);
        }
    }

    @Test
    void memoryThatItsOwnerHasFreedCostsNoAddresses() throws Exception {
        DmaDomain domain = machine.attach("disk0").domain(0);
        // More often than the bounce buffer has slots.
        for (int i = 0; i < 2 * BOUNCE / 4096; i++) {
            MemorySegment freed;
            long iova;
            try (var arena = Arena.ofConfined()) {
                freed = arena.allocate(4096);
                iova = domain.map(freed, Direction.FROM_DEVICE);
            }
            assertThat(iova).isNotEqualTo(DmaDomain.MAPPING_ERROR);
            assertThatIllegalStateException().isThrownBy(() -> domain.unmap(iova, freed, Direction.FROM_DEVICE));
            assertThatIllegalStateException().isThrownBy(() -> domain.map(freed, Direction.TO_DEVICE));
        }
    }
}
