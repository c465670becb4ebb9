package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.host.linux.LinuxHost;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Root sets a device up and hands its descriptor to a process without any right, which serves it. */
@Tag("quick")
final class UnprivilegedTest {
    private static final String NOBODY = "65534";

    @TempDir
    private Path folder;

    @Test
    void servesAsNobody() throws Exception {
        var path = folder.resolve("socket");
        var name = UnprivilegedServer.OPTIONS.name();
        try (var backend = Backends.open(UnprivilegedServer.BACKEND, BackendOptions.NONE);
                var disk = new VirtioBlk(backend, UnprivilegedServer.OPTIONS, MemoryBudget.process());
                var bare = new Bare(name, disk, disk.config());
                var socket = UnixSocket.listen(path, 0666, 1);
                var server = Shell.start(Map.of(), command(path))) {
            try (var peer = socket.accept(Shell.PATIENCE)) {
                handOver(name, peer);
                peer.receive(ByteBuffer.allocate(1), 0, Shell.PATIENCE);
                bare.attach();
                try {
                    rights(server.process().pid());
                    Wait.until(
                            "its disk",
                            Shell.PATIENCE,
                            () -> Devices.block(name).isPresent());
                    Blocks.verify(Devices.block(name).orElseThrow(), 0, 1 << 20, 14);
                } finally {
                    bare.detach();
                }
            }
            var end = server.await(Shell.PATIENCE).show().ok();
            assertThat(end.out()).contains("served until status 1");
        }
    }

    /** Sets the queues up through the descriptor that is passed: the node can be open only once. */
    private static void handOver(String name, UnixSocket peer) throws IOException {
        try (var fd = Fd.open("/dev/vduse/" + name, OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK);
                var node =
                        new VduseDevice(LinuxHost.adopt(fd.duplicate()), name, UnprivilegedServer.OPTIONS.queues())) {
            for (int queue = 0; queue < node.vqNum(); queue++) {
                node.setupQueue(queue, UnprivilegedServer.OPTIONS.queueSize());
            }
            peer.send(ByteBuffer.allocate(1), List.of(fd), Shell.PATIENCE);
        }
    }

    private static void rights(long pid) throws IOException {
        var status = Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.matches("(Name|Uid|Gid|Groups|Cap...|NoNewPrivs):.*"))
                .toList();
        status.forEach(Evidence::show);
        assertThat(status)
                .contains("CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "CapBnd:\t0000000000000000")
                .anyMatch(line -> line.startsWith("Uid:\t" + NOBODY));
    }

    private String[] command(Path socket) throws Exception {
        List<String> command = new ArrayList<>(List.of("setpriv", "--reuid", NOBODY, "--regid", NOBODY));
        command.addAll(List.of("--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"));
        command.addAll(List.of(System.getProperty("java.home") + "/bin/java", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-XX:+UseSerialGC", "-Xmx64m", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("-cp", readableClasses(), UnprivilegedServer.class.getName(), socket.toString()));
        return command.toArray(String[]::new);
    }

    /** Our classes in a place that anybody may read, wherever the checkout is. */
    private String readableClasses() throws Exception {
        var parts = System.getProperty("java.class.path").split(File.pathSeparator, -1);
        List<String> copies = new ArrayList<>();
        for (var part : parts) {
            if (part.contains("vduse4j") || part.endsWith("test-classes")) {
                var copy = folder.resolve("classes" + copies.size());
                Shell.run("cp", "-r", part, copy.toString()).ok();
                copies.add(copy.toString());
            }
        }
        Shell.run("chmod", "-R", "a+rX", folder.toString()).ok();
        return copies.stream().collect(Collectors.joining(File.pathSeparator));
    }
}
