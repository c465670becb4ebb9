package io.vduse4j.guest;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.crash.Violation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;

/**
 * One life of a machine that loses its power, run in the guest: serves an image that lies in an ext4 on the guest's own
 * disk, checks what the life before has left there, and writes on until it is killed.
 */
final class PowerLife {
    /** How a life goes. */
    enum Way {
        /** The image is written through the page cache. */
        BUFFERED,
        /** The image is written around the page cache. */
        DIRECT,
        /** As BUFFERED, but a flush does nothing: the check must see it. */
        NO_FLUSH,
        /** Nothing is written. */
        CHECK
    }

    private static final Path OUT = Path.of("/out");
    private static final Path MOUNT = Path.of("/tmp/power");
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private PowerLife() {}

    /** What a life has told of its flushes. */
    static Path ledger(Path out, int life) {
        return out.resolve("ledger-" + life);
    }

    /** What a life has found: nothing, or what must not be, line by line. */
    static Path found(Path out, int life) {
        return out.resolve("found-" + life);
    }

    /**
     * Lives.
     *
     * @param words the number of this life, from 0 on; the seed of all lives; the {@link Way}
     */
    public static void main(String[] words) throws Exception {
        int life = Integer.parseInt(words[0]);
        long seed = Long.parseLong(words[1]);
        var way = Way.valueOf(words[2]);
        Thread.setDefaultUncaughtExceptionHandler((_, problem) -> {
            problem.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        // What is not flushed stays in memory, and is lost.
        Files.writeString(Path.of("/proc/sys/vm/dirty_writeback_centisecs"), "0");
        Files.createDirectories(MOUNT);
        Shell.sh((life == 0 ? "mkfs.ext4 -q -F /dev/vda; " : "") + "mount /dev/vda " + MOUNT)
                .ok();
        var options = BackendOptions.NONE.withSize(PowerWindow.BYTES).withDirect(way == Way.DIRECT);
        try (var host = Hosts.open("linux");
                var file = Backends.open("file:" + MOUNT.resolve("disk.img"), options);
                var backend = way == Way.NO_FLUSH ? new NoFlush(file) : file;
                var disk = Disk.named("outage")
                        .queues(2)
                        .attachTimeout(Shell.PATIENCE)
                        .serve(host, backend, Bus.VIRTIO);
                var window = new PowerWindow(disk.device(), seed, life)) {
            live(window, life, seed + life, way);
        }
        Shell.run("umount", MOUNT.toString()).ok();
        Shell.run("e2fsck", "-fn", "/dev/vda").ok();
    }

    private static void live(PowerWindow window, int life, long seed, Way way)
            throws IOException, InterruptedException {
        var promised = life == 0
                ? new long[PowerWindow.BLOCKS]
                : PowerLedger.promised(ledger(OUT, life - 1), PowerWindow.BLOCKS);
        var violations = window.check(promised);
        Files.writeString(
                found(OUT, life), violations.stream().map(one -> one + "\n").collect(Collectors.joining()));
        // What the page cache has mixed is told, and in nobody's way.
        if (way != Way.CHECK && violations.stream().allMatch(one -> one.kind() == Violation.Kind.MIXED)) {
            window.mend(violations);
            try (var ledger = new PowerLedger(ledger(OUT, life), PowerWindow.BLOCKS)) {
                // What was read after a loss of power is on the disk.
                ledger.flushed(window.completed(), 0, 0);
                long end = System.nanoTime() + LONGEST.toNanos();
                window.write(ledger, seed, () -> System.nanoTime() > end);
            }
        }
    }
}
