package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main job: a file as a disk with a file system of thousands of files. Another process serves the same file a second
 * time and finds every byte.
 */
final class FileSystemTest {
    private static final Duration DEADLINE = Duration.ofMinutes(10);

    @TempDir
    private Path folder;

    @Test
    @Tag("quick")
    void ext4OnAnImageInMemory() throws Exception {
        twice("ext4", folder.resolve("disk.img"), 300, "--size", "256M", "--queues", "2");
    }

    @Test
    @Tag("quick")
    void xfsOnAnImageInAFileSystemAroundItsCache() throws Exception {
        onHostFileSystem(image -> twice("xfs", image, 200, "--size", "320M", "--queues", "2", "--direct"));
    }

    @Test
    @Tag("full")
    void xfsOfManyFiles() throws Exception {
        twice("xfs", folder.resolve("disk.img"), 6000, "--size", "1G", "--queues", "2");
    }

    @Test
    @Tag("full")
    void ext4OfManyFilesAroundTheCache() throws Exception {
        onHostFileSystem(image -> twice("ext4", image, 6000, "--size", "512M", "--direct", "--block-size", "4096"));
    }

    private interface OnImage {
        void run(Path image) throws Exception;
    }

    /** With an image in an ext4 of this kernel on a block device, where O_DIRECT and a flush mean something. */
    private void onHostFileSystem(OnImage work) throws Exception {
        NullBlk.load();
        var mount = Files.createDirectory(folder.resolve("host"));
        Shell.sh("mkfs.ext4 -q -F %1$s; mount %1$s %2$s".formatted(NullBlk.FOR_FILES, mount))
                .ok();
        try {
            work.run(mount.resolve("disk.img"));
        } finally {
            Shell.run("umount", mount.toString()).ok();
        }
    }

    private void twice(String type, Path image, int files, String... options) throws Exception {
        var script = Shell.root().resolve("tests/guest/filesystem").toString();
        var tree = folder.resolve("tree").toString();
        Shell.run(DEADLINE, script, "tree", Integer.toString(files), tree)
                .show()
                .ok();

        var first = Vduse.run(DEADLINE, words(image, options, script, "write", type, tree))
                .show()
                .ok();
        assertThat(first.out()).contains(type + " on /dev/vd").contains(": in order");
        assertThat(Devices.vduse()).isEmpty();

        var second = Vduse.run(DEADLINE, words(image, new String[] {"--read-only"}, script, "verify", type, tree))
                .show()
                .ok();
        assertThat(second.out()).contains(files + " files: their checksums are right");
    }

    private static String[] words(Path image, String[] options, String... command) {
        List<String> words = new ArrayList<>(List.of("file:" + image, "--name", "fs"));
        words.addAll(List.of(options));
        words.add("--");
        words.addAll(List.of(command));
        return words.toArray(String[]::new);
    }
}
