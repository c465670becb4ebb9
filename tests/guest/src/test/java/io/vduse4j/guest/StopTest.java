package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How {@code vduse run} ends when it is told to. Users are promised 10 s on a real machine; the command keeps to that
 * limit here too, on a machine that is ten times slower, and says so when it does not.
 */
@Tag("quick")
final class StopTest {
    private static final Duration PROMISED = Duration.ofSeconds(10);

    @TempDir
    private Path folder;

    @Test
    void sigtermTakesTheDiskAway() throws Exception {
        var image = folder.resolve("stop.img");
        try (var vduse = Vduse.start("file:" + image, "--size", "64M", "--name", "stop", "--queues", "2")) {
            var device = vduse.awaitDevice();
            Shell.sh("head -c 4M <(yes vduse4j) >%s".formatted(device)).ok();
            stop(vduse, "TERM", 0);
            assertThat(Path.of(device)).doesNotExist();
        }
        Shell.sh("cmp -n 4M <(yes vduse4j) %s".formatted(image)).ok();
        Evidence.show("what was written is in the file");
    }

    @Test
    void interruptEndsTheCommandToo() throws Exception {
        var script = "echo $$ >%s/pid; echo serving $VDUSE_DEV; exec sleep 1000".formatted(folder);
        try (var vduse = Vduse.start("memory:64M", "--name", "interrupted", "--", "sh", "-c", script)) {
            vduse.awaitDevice();
            // 128 and SIGTERM, by which the command was ended.
            stop(vduse, "INT", 143);
            Shell.sh("! kill -0 $(cat %s/pid)".formatted(folder)).ok();
        }
    }

    private static void stop(Vduse vduse, String signal, int code) throws Exception {
        long began = System.nanoTime();
        vduse.signal(signal);
        var end = vduse.await(Shell.PATIENCE).show();
        var took = Duration.ofNanos(System.nanoTime() - began);
        Evidence.show("SIG%s: ended after %.1f s", signal, took.toMillis() / 1000.0);
        assertThat(end.code()).isEqualTo(code);
        assertThat(took).isLessThan(PROMISED);
        assertThat(Devices.vduse()).isEmpty();
        assertThat(Devices.vdpa()).isEmpty();
    }
}
