package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of a disk that needs no kernel, in a process that gets real signals (J-13, R-24). */
@Timeout(180)
final class ForegroundTest {
    private static final String READY = "vduse: db0: fake:1M 1 MiB, 2 queues × 256, virtio, ready in [0-9]+ ms\n";

    @TempDir
    private Path folder;

    private VduseProcess fake(String behaviour, String... command) throws IOException {
        var args = new String[5 + command.length];
        System.arraycopy(new String[] {"run", "fake:1M", "--name=db0", "--serial=x", "--queues=2"}, 0, args, 0, 5);
        System.arraycopy(command, 0, args, 5, command.length);
        return VduseProcess.fake(folder, behaviour, args);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP"})
    void aSignalEndsItProperly(String signal) throws IOException, InterruptedException {
        try (var vduse = fake("")) {
            vduse.awaitErr("ready in");
            vduse.signal(signal);
            assertThat(vduse.exitCode()).isZero();
            assertThat(vduse.awaitOut()).isEqualTo("/dev/fake0\n");
            assertThat(vduse.err()).matches(READY + "vduse: closed\n");
        }
    }

    @Test
    void jsonHasAllThatAScriptNeeds() throws IOException, InterruptedException {
        try (var vduse = fake("", "-o", "json")) {
            vduse.awaitErr("ready in");
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).isZero();
            assertThat(vduse.awaitOut())
                    .isEqualTo(
                            "{\"device\":\"/dev/fake0\",\"name\":\"db0\",\"size\":1048576,\"backend\":\"fake:1M\"}\n");
        }
    }

    @Test
    void aCommandHasStandardOutputAndGivesTheExitCode() throws IOException, InterruptedException {
        try (var vduse = fake("", "--", "sh", "-c", "echo $VDUSE_NAME is $VDUSE_DEV; exit 42")) {
            assertThat(vduse.exitCode()).isEqualTo(42);
            assertThat(vduse.out()).isEqualTo("db0 is /dev/fake0\n");
            assertThat(vduse.err()).matches(READY + "vduse: closed\n");
        }
    }

    @Test
    void aCommandMayBeKilled() throws IOException, InterruptedException {
        try (var vduse = fake("", "--", "sh", "-c", "kill -9 $$")) {
            assertThat(vduse.exitCode()).isEqualTo(137);
            assertThat(vduse.err()).endsWith("vduse: closed\n");
        }
    }

    @Test
    void aSignalEndsTheCommandBeforeTheDisk() throws IOException, InterruptedException {
        try (var vduse = fake(
                "", "--", "sh", "-c", "trap 'echo told >&2; exit 9' TERM; echo up >&2; while :; do sleep 0.1; done")) {
            vduse.awaitErr("up");
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).isEqualTo(9);
            assertThat(vduse.err()).endsWith("told\nvduse: closed\n");
        }
    }

    @Test
    void aCommandThatIgnoresTheSignalIsKilledWithItsChildren() throws IOException, InterruptedException {
        var pids = folder.resolve("pids");
        try (var vduse =
                fake("", "--", "sh", "-c", "trap '' TERM; sleep 100 & echo $! > " + pids + "; echo up >&2; wait")) {
            vduse.awaitErr("up");
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).isEqualTo(137);
            assertThat(vduse.err()).endsWith("vduse: closed\n");
            long child = Long.parseLong(Files.readString(pids).strip());
            var left = ProcessHandle.of(child);
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (left.isPresent() && left.get().isAlive() && System.nanoTime() - until < 0) {
                Thread.sleep(20);
            }
            assertThat(left.filter(ProcessHandle::isAlive)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"detached", "broken"})
    void aDiskThatEndsByItselfIsAnError(String behaviour) throws IOException, InterruptedException {
        try (var vduse = fake(behaviour, "--", "sleep", "100")) {
            assertThat(vduse.exitCode()).isEqualTo(1);
            var why =
                    behaviour.equals("broken") ? "input/output error \\(EIO\\)" : "operation canceled \\(ECANCELED\\)";
            assertThat(vduse.err()).matches(READY + "vduse: closed\nvduse: serve db0: " + why + "; [^\n]+\n");
        }
    }

    @Test
    void aSignalWhileAttachingShowsNoDevice() throws IOException, InterruptedException {
        try (var vduse = fake("slow attach")) {
            vduse.awaitErr("attaching");
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).isZero();
            assertThat(vduse.out()).isEmpty();
            assertThat(vduse.err()).isEqualTo("vduse: attaching\nvduse: closed\n");
        }
    }

    @Test
    void aSecondSignalEndsItAtOnce() throws IOException, InterruptedException {
        try (var vduse = fake("hangs")) {
            vduse.awaitErr("ready in");
            vduse.signal("INT");
            vduse.awaitErr("hanging");
            Thread.sleep(600);
            long asked = System.nanoTime();
            vduse.signal("INT");
            assertThat(vduse.exitCode()).isEqualTo(1);
            assertThat(System.nanoTime() - asked).isLessThan(TimeUnit.SECONDS.toNanos(5));
            assertThat(vduse.err())
                    .endsWith("to go on, or remove it: vduse abort\n")
                    .contains("\nvduse: ended at once by a second signal: db0 may be left on the vdpa bus");
        }
    }

    @Test
    void stoppingTakesLessThanTenSecondsWhateverHangs() throws IOException, InterruptedException {
        try (var vduse = fake("hangs")) {
            vduse.awaitErr("ready in");
            long asked = System.nanoTime();
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).isEqualTo(7);
            assertThat(System.nanoTime() - asked).isBetween(TimeUnit.SECONDS.toNanos(8), TimeUnit.SECONDS.toNanos(10));
            assertThat(vduse.err())
                    .contains("\nvduse: stopping took longer than 9000 ms and was given up: db0 may be left");
            assertThat(vduse.err().lines()).hasSize(3);
        }
    }
}
