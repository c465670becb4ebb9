package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who waits for ever, in state D, for a disk whose daemon was killed is let go by {@code vduse abort}, with an I/O error;
 * {@code vduse gc} removes only what nobody has and nobody uses.
 */
final class AbortTest {
    private static final int PIECE = 1 << 20;

    /** That long nothing comes: on a disk that is served, such a request takes milliseconds even here. */
    private static final Duration FOR_EVER = Duration.ofSeconds(3);

    @TempDir
    private Path folder;

    private Path image() {
        return folder.resolve("disk.img");
    }

    private Vduse serve(String name) throws IOException {
        return Vduse.start("file:" + image(), "--size", "64M", "--name", name);
    }

    /** A disk that goes on all the time. */
    private static Disk beside(VduseHost host, Backend backend) throws IOException {
        return Disk.named("beside").attachTimeout(Shell.PATIENCE).serve(host, backend, Bus.VIRTIO);
    }

    @Test
    @Tag("quick")
    void whoWaitsForEverIsLetGo() throws Exception {
        try (var dying = serve("stuck");
                var host = Hosts.open("linux");
                var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var beside = beside(host, backend)) {
            var device = dying.awaitDevice();
            Blocks.write(device, 0, PIECE, 21);
            dying.signal("STOP");
            try (var reader = dd("if=" + device, "of=/dev/null", "iflag=direct")) {
                awaitStuck(reader, device, "1 0");
                dying.signal("KILL");
                dying.await(Shell.PATIENCE);
                try (var writer = dd("if=/dev/zero", "of=" + device, "oflag=direct")) {
                    awaitStuck(writer, device, "1 1");
                    Blocks.verify(beside.device(), 0, PIECE, 22);
                    Wait.pause(FOR_EVER.toMillis());
                    assertThat(state(reader)).isEqualTo("D");
                    assertThat(state(writer)).isEqualTo("D");
                    command("abort", "stuck", "--wait", "60s");
                    fails(reader);
                    fails(writer);
                }
            }
            assertThat(Path.of(device)).doesNotExist();
            assertThat(Devices.vduse()).containsExactly("beside");
            assertThat(Devices.vdpa()).containsExactly("beside");
            Blocks.compare(image().toString(), 0, PIECE, 21);
            Evidence.show("what was acknowledged is in the file");
            Blocks.verify(beside.device(), PIECE, PIECE, 23);
        }
    }

    @Test
    @Tag("full")
    void onlyWhatNobodyUsesIsRemoved() throws Exception {
        var mount = Files.createDirectory(folder.resolve("mnt"));
        try (var dying = serve("used");
                var host = Hosts.open("linux");
                var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var _ = beside(host, backend)) {
            var device = dying.awaitDevice();
            Shell.sh("mkfs.ext4 -q %1$s && mount %1$s %2$s && echo kept >%2$s/file && sync -f %2$s"
                            .formatted(device, mount))
                    .ok();
            dying.signal("KILL");
            dying.await(Shell.PATIENCE);
            LeftoverTest.createOnly("unused");
            var log = Path.of("/run/vduse4j/gone.inflight");
            Files.copy(log.resolveSibling("used.inflight"), log);

            var found = command("gc").out().lines().toList();
            assertThat(found).hasSize(4);
            assertThat(found.get(1)).matches("device +unused +removed +-");
            assertThat(found.get(2)).matches("device +used +orphaned +its driver waits: .*");
            assertThat(found.get(3)).matches("log +" + log + " +removed +-");
            assertThat(log).doesNotExist();
            assertThat(Devices.vduse()).containsExactly("beside", "used");
            assertThat(Devices.vdpa()).containsExactly("beside", "used");

            try (var next = serve("used")) {
                assertThat(next.awaitDevice()).isEqualTo(device);
                Shell.sh("grep -qx kept %2$s/file && umount %2$s && e2fsck -fn %1$s".formatted(device, mount))
                        .show()
                        .ok();
                next.signal("TERM");
                next.await(Shell.PATIENCE).ok();
            }
        }
        assertThat(Devices.vduse()).isEmpty();
    }

    private static Outcome command(String... words) throws IOException {
        var vduse = Shell.root().resolve("vduse").toString();
        return Shell.run(Stream.concat(Stream.of(vduse), Stream.of(words)).toArray(String[]::new))
                .show()
                .ok();
    }

    private static Shell.Running dd(String from, String to, String flag) throws IOException {
        return Shell.start(Map.of(), "dd", from, to, flag, "bs=64k", "count=1");
    }

    /** The one that proc_pid_stat(5) gives, behind the name in brackets. */
    private static String state(Shell.Running waiting) throws IOException {
        var stat = Files.readString(
                Path.of("/proc/%d/stat".formatted(waiting.process().pid())));
        return stat.substring(stat.lastIndexOf(')') + 2).substring(0, 1);
    }

    /**
     * Waits until the request is with the driver, and its task in state D.
     *
     * @param inflight the reads and writes that the driver then has
     */
    private static void awaitStuck(Shell.Running waiting, String device, String inflight) throws IOException {
        Wait.until(
                "state D of " + waiting.command(),
                Shell.PATIENCE,
                () -> inflight(device).equals(inflight) && state(waiting).equals("D"));
        Evidence.show("%s: state D; reads and writes under way: %s", waiting.command(), inflight);
    }

    private static String inflight(String device) throws IOException {
        return Devices.attribute(device, "inflight").replaceAll(" +", " ");
    }

    private static void fails(Shell.Running waiting) throws IOException {
        var end = waiting.await(Shell.PATIENCE).show();
        assertThat(end.code()).isEqualTo(1);
        assertThat(end.err()).contains("Input/output error");
    }
}
