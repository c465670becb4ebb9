package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.vduse.host.remote.RemoteHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A kernel half in a process that gets real signals (J-13), and this process as its client. */
@Timeout(180)
final class KernelCommandTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private Path socket() {
        return folder.resolve("kernel.sock");
    }

    private VduseProcess start() throws IOException {
        return VduseProcess.fakeKernel(folder, "kernel", "--socket", socket().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP"})
    void aSignalEndsItWithItsClients(String signal) throws IOException, InterruptedException {
        try (var vduse = start()) {
            vduse.awaitErr("ready in");
            try (var host = RemoteHost.connect(socket(), PATIENCE)) {
                assertThat(host.name()).isEqualTo("fake");
                assertThat(host.readAttribute("disk0", "msg_timeout")).isEqualTo("disk0 msg_timeout");
                vduse.signal(signal);
                assertThat(vduse.exitCode()).isZero();
            }
            assertThat(vduse.out()).isEmpty();
            assertThat(vduse.err())
                    .matches("vduse: kernel: fake at " + socket() + ", ready in [0-9]+ ms\nvduse: closed\n");
            assertThat(socket()).doesNotExist();
        }
    }

    @Test
    void whatAKilledOneLeftIsTakenOver() throws IOException, InterruptedException {
        try (var killed = start()) {
            killed.awaitErr("ready in");
            killed.signal("KILL");
            assertThat(killed.exitCode()).isEqualTo(128 + 9);
        }
        assertThat(socket()).exists();
        try (var vduse = start()) {
            vduse.awaitErr("ready in");
            RemoteHost.connect(socket(), PATIENCE).close();
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).isZero();
        }
    }

    @Test
    void twoCannotServeAtOnePath() throws IOException, InterruptedException {
        try (var first = start()) {
            first.awaitErr("ready in");
            var other = Files.createDirectory(folder.resolve("other"));
            try (var second = VduseProcess.fakeKernel(other, "kernel", "--socket", socket().toString())) {
                assertThat(second.exitCode()).isEqualTo(ExitCode.BUSY);
                assertThat(second.err()).startsWith("vduse: closed\nvduse: listen " + socket() + ": ");
            }
            RemoteHost.connect(socket(), PATIENCE).close();
        }
    }

    @Test
    void theSocketMustBeNamed() {
        var invocation = Invocation.of("kernel");
        assertThat(invocation.code()).isEqualTo(ExitCode.USAGE);
        assertThat(invocation.err()).contains("--socket=PATH").contains("\"vduse kernel --help\"");
    }
}
