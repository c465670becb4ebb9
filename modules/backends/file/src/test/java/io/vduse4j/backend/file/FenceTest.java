package io.vduse4j.backend.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Completions;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A successor comes after its predecessor, and leaves its own lock to nobody. */
class FenceTest {
    private static final BackendOptions NONE = BackendOptions.NONE;

    /** O_CLOEXEC, as {@code /proc/PID/fdinfo} writes it. */
    private static final int CLOEXEC = 02000000;

    @TempDir
    private Path folder;

    private String path;

    @BeforeEach
    void create() throws Exception {
        var file = folder.resolve("disk.img");
        Files.write(file, new byte[1 << 20]);
        path = file.toString();
    }

    private Process holder(String seconds) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/flock")), "no flock(1) here");
        var holder = new ProcessBuilder("/usr/bin/flock", path, "-c", "echo locked; exec sleep " + seconds).start();
        assertThat(holder.inputReader().readLine()).isEqualTo("locked");
        return holder;
    }

    @Test
    void aSuccessorWaitsForItsPredecessor() throws Exception {
        long start = System.nanoTime();
        var holder = holder("2");
        try (var backend = Backends.open(path, NONE.withFence(Duration.ofSeconds(30)))) {
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.SECONDS.toNanos(2));
            assertThat(backend.size()).isEqualTo(1 << 20);
        } finally {
            holder.destroyForcibly();
        }
    }

    @Test
    void butNotForEver() throws Exception {
        var holder = holder("30");
        try {
            long start = System.nanoTime();
            assertThatThrownBy(() -> Backends.open(path, NONE.withFence(Duration.ofSeconds(2))))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            problem -> assertThat(problem.errno()).isEqualTo(Errno.EBUSY))
                    .hasMessageContaining("process " + holder.pid())
                    .hasMessageContaining("waited 2 s");
            assertThat(System.nanoTime() - start).isBetween(TimeUnit.SECONDS.toNanos(2), TimeUnit.SECONDS.toNanos(10));
        } finally {
            holder.destroyForcibly();
        }
    }

    /** A child that inherits the descriptor, or the ring that knows it, would hold the lock as long as it lives (J-11). */
    @Test
    void noChildInheritsADescriptor() throws Exception {
        var before = descriptors();
        try (var backend = Backends.open(path, NONE)) {
            var channel = backend.open(4, new Completions() {
                @Override
                public void complete(int slot, int errno) {}

                @Override
                public void post(int slot, int errno) {}

                @Override
                public boolean watch(EventFd ready) {
                    return true;
                }
            });
            try (channel) {
                var ours = descriptors();
                ours.removeAll(before);
                assertThat(ours).as("image, ring, and what signals it").hasSizeGreaterThanOrEqualTo(1);
                for (var number : ours) {
                    assertThat(flags(number) & CLOEXEC)
                            .as("descriptor %s", number)
                            .isNotZero();
                }
            }
        }
    }

    /** Without the one by which the folder is listed, which is gone then. */
    private static Set<String> descriptors() throws IOException {
        List<Path> all;
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            all = list.toList();
        }
        return all.stream()
                .filter(Files::isSymbolicLink)
                .map(link -> link.getFileName().toString())
                .collect(Collectors.toSet());
    }

    private static int flags(String number) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/fdinfo", number))) {
            return lines.filter(line -> line.startsWith("flags:"))
                    .mapToInt(line -> Integer.parseInt(line.substring(6).strip(), 8))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
