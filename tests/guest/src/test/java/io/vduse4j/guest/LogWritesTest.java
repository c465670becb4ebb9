package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.crash.Violation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The image lies in a file system on a device of which the kernel writes down every write. All that was stable at a time
 * is done again elsewhere: the file system there can be mounted, and the image holds what had been flushed by then (P2). R-27.
 */
final class LogWritesTest {
    private static final long SEED = Long.getLong("seed", 27);
    private static final String MARK = "flush";
    private static final Path WRITEBACK = Path.of("/proc/sys/vm/dirty_writeback_centisecs");

    /** What a flush promised: by block, the oldest request that it may hold. */
    private final List<long[]> promises = new ArrayList<>();

    private final Deque<String> undo = new ArrayDeque<>();
    private int looks;

    @TempDir
    private Path folder;

    @AfterEach
    void cleanUp() throws IOException {
        while (!undo.isEmpty()) {
            Shell.sh(undo.pop()).ok();
        }
    }

    @Test
    @Tag("full")
    void ext4HasWhatWasFlushed() throws Exception {
        assertThat(violations("ext4", 64, 20, false)).isEmpty();
    }

    @Test
    @Tag("full")
    void xfsHasWhatWasFlushed() throws Exception {
        assertThat(violations("xfs", 320, 20, false)).isEmpty();
    }

    @Test
    @Tag("full")
    void aFlushThatDoesNothingIsNoticed() throws Exception {
        assertThat(violations("ext4", 64, 5, true)).isNotEmpty().allMatch(one -> one.kind() == Violation.Kind.LOST);
    }

    @ParameterizedTest
    @CsvSource({"ext4, 64", "xfs, 320"})
    @Tag("soak")
    void aHundredFlushes(String type, int mebibytes) throws Exception {
        assertThat(violations(type, mebibytes, 100, false)).isEmpty();
    }

    private List<Violation> violations(String type, int mebibytes, int flushes, boolean withoutFlush) throws Exception {
        Shell.run("modprobe", "--all", "loop", "dm-log-writes").ok();
        var old = Files.readString(WRITEBACK).strip();
        undo.push("echo " + old + " > " + WRITEBACK);
        Files.writeString(WRITEBACK, "0"); // what is not flushed stays in memory
        record(type, mebibytes, flushes, withoutFlush);
        assertThat(promises).hasSizeGreaterThanOrEqualTo(flushes);
        var found = replay(mebibytes);
        Evidence.show(
                "%s, seed %d: %d flushes, looked at %d times, %d violations",
                type, SEED, promises.size(), looks, found.size());
        return found;
    }

    private Path file(String name, int mebibytes) throws IOException {
        var file = folder.resolve(name);
        Shell.run("truncate", "-s", mebibytes + "M", file.toString()).ok();
        return file;
    }

    private String loop(Path file) throws IOException {
        var device =
                Shell.run("losetup", "-f", "--show", file.toString()).ok().out().strip();
        undo.push("losetup -d " + device);
        return device;
    }

    private Path mount(String device, String name) throws IOException {
        var mount = Files.createDirectories(folder.resolve(name));
        Shell.run("mount", device, mount.toString()).ok();
        undo.push("umount " + mount);
        return mount;
    }

    /** Writes and flushes; the log has a mark for each flush that was acknowledged. */
    private void record(String type, int mebibytes, int flushes, boolean withoutFlush) throws Exception {
        var data = loop(file("data", mebibytes));
        var log = loop(file("log", 1024));
        Shell.sh("dmsetup create logged --table \"0 $(blockdev --getsz %1$s) log-writes %1$s %2$s\""
                        .formatted(data, log))
                .ok();
        undo.push("dmsetup remove logged");
        // Nobody makes the name of the mapping here; the kernel makes the node.
        var minor =
                Shell.sh("dmsetup info -c --noheadings -o minor logged").ok().out();
        var logged = "/dev/dm-" + minor.strip();
        Shell.run("mkfs." + type, "-q", logged).ok();
        var image = "file:" + mount(logged, "host").resolve("disk.img");
        try (var host = Hosts.open("linux");
                var file = Backends.open(image, BackendOptions.NONE.withSize(PowerWindow.BYTES));
                Backend backend = withoutFlush ? new NoFlush(file) : file;
                var disk = Disk.named("logged")
                        .queues(2)
                        .attachTimeout(Shell.PATIENCE)
                        .serve(host, backend, Bus.VIRTIO);
                var window = new PowerWindow(disk.device(), SEED, 0)) {
            window.write(this::promise, SEED, () -> promised() >= flushes);
        }
        cleanUp();
    }

    private synchronized int promised() {
        return promises.size();
    }

    private synchronized void promise(long[] requests, long writes, int depth) throws IOException {
        promises.add(requests);
        Shell.run("dmsetup", "message", "logged", "0", "mark", MARK).ok();
    }

    /** Looks after each mark, and when the next write after it was made stable. */
    private List<Violation> replay(int mebibytes) throws IOException {
        var replayed = file("replayed", mebibytes);
        var promised = new long[PowerWindow.BLOCKS];
        var found = new ArrayList<Violation>();
        try (var log = new WriteLog(folder.resolve("log"), replayed)) {
            int marks = 0;
            boolean looks = false;
            while (log.next()) {
                if (log.isMark(MARK)) {
                    var more = promises.get(marks++);
                    Arrays.setAll(promised, block -> Math.max(promised[block], more[block]));
                    found.addAll(look(replayed, promised));
                    looks = true;
                } else if (looks && log.isFlush()) {
                    found.addAll(look(replayed, promised));
                    looks = false;
                }
            }
            assertThat(marks).as("marks among %d entries", log.entries()).isEqualTo(promises.size());
        }
        return found;
    }

    /** A look changes what it looks at: the file system there repeats its own log. */
    private List<Violation> look(Path replayed, long[] promised) throws IOException {
        looks++;
        var copy = folder.resolve("copy");
        Shell.run("cp", "--sparse=always", replayed.toString(), copy.toString()).ok();
        var image = mount(loop(copy), "after").resolve("disk.img");
        try (var window = new PowerWindow(image.toString(), SEED, 1)) {
            return window.check(promised);
        } finally {
            cleanUp();
        }
    }
}
