package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.vdpa.DmaDomain.Direction;
import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.VduseIoctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a device has taken is there no more when it is gone. */
@Spec("kernel-behaviour 5.1, 5.8")
@Timeout(60)
class CleanUpTest {
    /** Descriptors of the kinds that a device has; the JVM opens and closes files of others at any time. */
    private static long descriptors() throws Exception {
        try (var entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.map(CleanUpTest::target)
                    .filter(target -> target.startsWith("/memfd:") || target.contains("eventfd"))
                    .count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private static long domains() throws Exception {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("vduse-domain")).count();
        }
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("embedded"))
                .count();
    }

    private static void use(Machine machine, String name) throws Exception {
        var node = machine.device(name);
        VdpaOps device = machine.attach(name);
        var memory = Raw.zeros(100);
        device.domain(0).map(memory, Direction.TO_DEVICE);
        device.domain(0).allocateCoherent(100);
        try (var daemon = new Daemon(node);
                var kick = EventFd.create();
                var guest = Memfd.create("guest", 4096)) {
            node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, Raw.kick(0, kick.fd().number()));
            device.setMap(0, new Iotlb(List.of(new Iotlb.Entry(0x1000, 0x1fff, 3, guest, 0))));
            assertThat(daemon.log).hasSize(1);
        }
        node.close();
    }

    @Test
    void aDestroyedDeviceLeavesNothing() throws Exception {
        try (var machine = new Machine()) {
            use(machine, "warm-up");
            long fds = descriptors();
            long maps = domains();
            for (int round = 0; round < 3; round++) {
                use(machine, "disk0");
                assertThat(domains()).isEqualTo(maps + 1);
                assertThat(machine.vdpa(4, "disk0").errno()).isZero();
                assertThat(machine.control.ioctl(VduseIoctl.VDUSE_DESTROY_DEV, Raw.name("disk0")))
                        .isZero();
            }
            assertThat(descriptors()).isEqualTo(fds);
            assertThat(domains()).isEqualTo(maps);
        }
    }

    @Test
    void aClosedKernelLeavesNothing() throws Exception {
        try (var first = new Machine()) {
            use(first, "warm-up");
        }
        long fds = descriptors();
        long maps = domains();
        long threads = threads();
        var machine = new Machine();
        use(machine, "disk0");
        use(machine, "disk1");
        assertThat(threads()).isGreaterThan(threads);
        machine.close();
        assertThat(descriptors()).isEqualTo(fds);
        assertThat(domains()).isEqualTo(maps);
        assertThat(threads()).isEqualTo(threads);
        assertThat(machine.virtio.devices).as("drivers have let go").isEmpty();
        assertThatThrownBy(() -> machine.kernel.open("control"))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
    }

    @Test
    void whatTheDaemonHasMappedLivesOn() throws Exception {
        var machine = new Machine();
        var node = machine.device("disk0");
        VdpaOps device = machine.attach("disk0");
        var memory = Raw.zeros(10);
        memory.fill((byte) 7);
        long iova = device.domain(0).map(memory, Direction.TO_DEVICE);
        Mapping mapping;
        try (var fd = Fd.adopt(node.ioctl(VduseIoctl.VDUSE_IOTLB_GET_FD, Raw.range(0, 0)), "domain")) {
            mapping = Mapping.shared(fd, 0, 64 << 20, true, true);
            assertThatThrownBy(() -> FileIo.truncate(fd, 0))
                    .as("a daemon cannot cut it short")
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM));
        }
        machine.close();
        assertThat(NativeMemory.ALL.get(JAVA_BYTE, mapping.address() + iova)).isEqualTo((byte) 7);
        mapping.close();
    }
}
