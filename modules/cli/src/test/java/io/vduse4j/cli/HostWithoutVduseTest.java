package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real command, with the real backends, on a machine that has no VDUSE. */
@Timeout(120)
final class HostWithoutVduseTest {
    @TempDir
    private Path folder;

    /** Ends with 42 if the device is the URI of an NBD socket that is there. */
    private static final String IS_A_SOCKET =
            "case $VDUSE_DEV in nbd+unix:///instead?socket=/*) test -S \"${VDUSE_DEV#*socket=}\" && exit 42 ;; esac";

    @BeforeEach
    void noVduse() {
        assumeThat(Path.of("/dev/vduse/control")).doesNotExist();
    }

    private String file(String name, int bytes) throws IOException {
        return Files.write(folder.resolve(name), new byte[bytes]).toString();
    }

    private static void assertRefused(Invocation invocation, int code, String says) {
        assertThat(invocation.err()).startsWith("vduse: " + says);
        assertThat(invocation.err().lines()).hasSize(1);
        assertThat(invocation.code()).isEqualTo(code);
        assertThat(invocation.out()).isEmpty();
    }

    @Test
    void checkSaysWhatIsMissing() {
        var invocation = Invocation.of("check");
        assertThat(invocation.code()).isEqualTo(6);
        assertThat(invocation.err()).isEmpty();
        assertThat(invocation.out().lines())
                .anyMatch(line ->
                        line.matches("/dev/vduse/control +missing +no such file or directory \\(ENOENT\\) → .+"))
                .anyMatch(line -> line.matches("module vduse +(missing|warning) .* → .+"))
                .anyMatch(line -> line.startsWith("use: no disk of Linux; "));
        assertThat(Invocation.of("check", "-o", "json").out()).startsWith("{\"usable\":false,");
    }

    @Test
    void noHostNoDisk() throws IOException {
        var image = file("disk.img", 1 << 20);
        for (var backend : List.of(image, "memory:1M")) {
            assertRefused(
                    Invocation.of("run", backend, "--host", "linux"), 6, "open host linux: no such device (ENODEV); ");
        }
    }

    @Test
    void theEmbeddedKernelServesInstead() {
        for (var host : List.of("auto", "embedded")) {
            var run = Invocation.of(
                    "run", "memory:4M", "--name", "instead", "--host", host, "--", "sh", "-c", IS_A_SOCKET);
            assertThat(run.code()).as(run.err()).isEqualTo(42);
            assertThat(run.err()).contains("instead: memory:4M 4 MiB, 1 queue × 256, virtio, ready in ");
            assertThat(run.err().contains("the embedded kernel serves the disk"))
                    .isEqualTo(host.equals("auto"));
        }
    }

    @Test
    void theEmbeddedKernelHasNothingForVirtualMachines() {
        assertRefused(
                Invocation.of("run", "memory:4M", "--name", "vm", "--bus", "vhost"),
                6,
                "attach to vhost vm: operation not supported (EOPNOTSUPP); ");
    }

    @Test
    void nothingIsCreatedWhereNothingCanBeServed() {
        var image = folder.resolve("new.img");
        assertRefused(
                Invocation.of("run", image.toString(), "--size", "1M", "--host", "linux"), 6, "open host linux: ");
        assertThat(image).doesNotExist();
    }

    @Test
    void theBackendIsWrong() throws IOException {
        assertRefused(Invocation.of("run", "bogus:x"), 2, "open bogus:x: invalid argument (EINVAL); ");
        assertRefused(Invocation.of("run", "memory:12x"), 2, "size \"12x\": invalid argument (EINVAL); ");
        assertRefused(
                Invocation.of("run", folder.resolve("missing.img").toString()),
                3,
                "open " + folder + "/missing.img: no such file or directory (ENOENT); ");
        assertRefused(Invocation.of("run", folder.toString()), 2, "open " + folder + ": is a directory (EISDIR); ");
        var odd = file("odd.img", 1000);
        assertRefused(Invocation.of("run", odd), 2, "open " + odd + ": invalid argument (EINVAL); ");
    }

    @Test
    void noPermission() throws IOException, InterruptedException {
        var image = file("secret.img", 4096);
        Files.setPosixFilePermissions(Path.of(image), PosixFilePermissions.fromString("---------"));
        boolean isRoot = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        // Root as others are: without the right to go past permissions.
        var prefix = isRoot ? List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search") : List.<String>of();
        try (var vduse = VduseProcess.real(folder, prefix, "run", image)) {
            assertThat(vduse.exitCode()).isEqualTo(6);
            assertThat(vduse.err()).startsWith("vduse: open " + image + ": permission denied (EACCES); ");
            assertThat(vduse.err().lines()).hasSize(1);
            assertThat(vduse.out()).isEmpty();
        }
    }

    @Test
    void theProcessEndsWithTheSameCodes() throws IOException, InterruptedException {
        try (var vduse = VduseProcess.real(folder, List.of(), "check")) {
            assertThat(vduse.exitCode()).isEqualTo(6);
            assertThat(vduse.out()).contains(" → ");
            assertThat(vduse.err()).isEmpty();
        }
    }

    @Test
    void aProcessorWhoseSystemCallsAreNotKnownIsNamed() throws IOException, InterruptedException {
        var prefix = List.of("env", "JDK_JAVA_OPTIONS=-Dos.arch=riscv64");
        try (var vduse = VduseProcess.real(folder, prefix, "check")) {
            assertThat(vduse.exitCode()).isEqualTo(6);
            assertThat(vduse.err().lines().toList())
                    .last()
                    .isEqualTo("vduse: no system-call numbers for architecture riscv64; known are x86-64 and aarch64");
            assertThat(vduse.out()).isEmpty();
        }
    }
}
