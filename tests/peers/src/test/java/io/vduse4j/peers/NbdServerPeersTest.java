package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk of {@code vduse run}, an image file, and the clients of libnbd and QEMU. */
@Timeout(180)
class NbdServerPeersTest {

    /** Through queues, bounce buffers and the virtio-blk driver of the embedded kernel. */
    @Nested
    class OfTheEmbeddedKernel extends OfARun {
        OfTheEmbeddedKernel() {
            super("--host", "embedded");
        }

        /** Virtio-blk has no request for it. */
        @Override
        String canCache() {
            return "can_cache: false";
        }

        /** Nor for holes. */
        @Override
        String[] extents() {
            return new String[] {"0 67108864 0 data"};
        }
    }

    /** Straight to the volume. */
    @Nested
    class WithoutAKernel extends OfARun {
        WithoutAKernel() {
            super("--via", "nbd");
        }

        @Override
        String canCache() {
            return "can_cache: true";
        }

        @Override
        String[] extents() {
            return new String[] {"0 16777216 3 hole,zero", "16777216 1048576 0 data", "17825792 49283072 3 hole,zero"};
        }
    }

    /** One process serves all tests of a way; none relies on what another has left on the disk. */
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    abstract static class OfARun {
        private final String[] way;

        private Path folder;
        private Path disk;
        private VduseProcess vduse;
        private String uri;

        OfARun(String... way) {
            this.way = way;
        }

        abstract String canCache();

        /** What nbdinfo says of a disk that is empty but for the MiB behind the first 16. */
        abstract String[] extents();

        @BeforeAll
        void serve(@TempDir Path own) throws Exception {
            folder = own;
            disk = folder.resolve("disk.img");
            vduse = VduseProcess.start(
                    folder, "run", disk.toString(), "--size", "64M", "--name", "disk", way[0], way[1]);
            uri = vduse.awaitDevice();
        }

        /** After all that clients have done, right and wrong, it ends in good order. */
        @AfterAll
        void stop() throws Exception {
            try (var ended = vduse) {
                assertThat(ended.stop()).isZero();
            }
        }

        @Test
        void nbdinfoSeesWhatWeOffer() throws Exception {
            assertThat(Tool.succeed(folder, "nbdinfo", uri))
                    .contains("export-size: 67108864 (64M)", "block_size_minimum: 512", "block_size_preferred: 4096")
                    .contains("can_flush: true", "can_fua: true", "can_trim: true", "can_zero: true", "can_df: true")
                    .contains(
                            "can_multi_conn: true",
                            "can_fast_zero: false",
                            "is_read_only: false",
                            canCache(),
                            "base:allocation")
                    .contains("newstyle-fixed", "using structured packets");
            assertThat(Tool.succeed(folder, "nbdinfo", "--list", uri)).contains("export=\"disk\"");
        }

        @Test
        void holesAreTold() throws Exception {
            Tool.succeed(folder, "qemu-io", "-f", "raw", "-c", "discard 0 64M", "-c", "write -P 1 16M 1M", uri);
            assertThat(Tool.succeed(folder, "nbdinfo", "--map", uri).lines())
                    .map(line -> line.strip().replaceAll(" +", " "))
                    .containsExactly(extents());
            assertThat(Tool.succeed(folder, "qemu-img", "map", "-f", "raw", "--output=json", uri)
                            .lines())
                    .hasSameSizeAs(extents())
                    .filteredOn(line -> line.contains("\"zero\": true, \"data\": false"))
                    .hasSize(extents().length - 1);
        }

        /** A file system goes in by one program and comes out by another, and is whole. */
        @Test
        void aFileSystemGoesInAndOut() throws Exception {
            var image = folder.resolve("in.img").toString();
            Tool.succeed(folder, "truncate", "-s", "64M", image);
            var tree = Files.createDirectory(folder.resolve("tree"));
            var bytes = new byte[3 << 20];
            for (int i = 0; i < 8; i++) {
                new Random(i).nextBytes(bytes);
                Files.write(tree.resolve("file" + i), bytes);
            }
            Tool.succeed(folder, "mkfs.ext4", "-q", "-d", tree.toString(), image);
            Tool.succeed(folder, "nbdcopy", image, uri);
            Tool.succeed(folder, "nbdcopy", uri, "out.img");
            assertThat(Files.mismatch(folder.resolve("in.img"), folder.resolve("out.img")))
                    .isEqualTo(-1);
            assertThat(Files.mismatch(folder.resolve("in.img"), disk)).isEqualTo(-1);
            Tool.succeed(folder, "qemu-img", "compare", "-f", "raw", "-F", "raw", image, uri);
            Tool.succeed(folder, "qemu-img", "convert", "-f", "raw", "-O", "qcow2", uri, "copy.qcow2");
            Tool.succeed(folder, "qemu-img", "compare", "-f", "qcow2", "-F", "raw", "copy.qcow2", uri);
            Tool.succeed(folder, "qemu-io", "-f", "raw", "-c", "write -z 0 64M", uri);
            Tool.succeed(folder, "qemu-img", "convert", "-n", "-f", "qcow2", "-O", "raw", "copy.qcow2", uri);
            Tool.succeed(folder, "nbdcopy", "--connections=4", "--requests=32", uri, "out.img");
            Tool.succeed(folder, "e2fsck", "-fn", "out.img");
            assertThat(Files.mismatch(folder.resolve("in.img"), folder.resolve("out.img")))
                    .isEqualTo(-1);
        }

        @Test
        void fioVerifiesWhatItWrites() throws Exception {
            assertThat(Tool.succeed(
                            folder,
                            "fio",
                            "--name=verify",
                            "--ioengine=nbd",
                            "--uri=" + uri,
                            "--rw=randrw",
                            "--bsrange=512-128k",
                            "--blockalign=512",
                            "--iodepth=32",
                            "--size=64M",
                            "--io_size=48M",
                            "--verify=crc32c",
                            "--verify_fatal=1",
                            "--fsync=64",
                            "--trim_percentage=0"))
                    .contains("err= 0")
                    .doesNotContain("verify: bad");
        }

        /** What libnbd does wrong on purpose, with its own checks off. */
        @Test
        void errorsOfAClientLeaveTheServerServing() throws Exception {
            var script = folder.resolve("errors.py");
            try (var source = NbdServerPeersTest.class.getResourceAsStream("errors.py")) {
                Files.copy(source, script);
            }
            // As nbdsh does it, but with the system's own Python, which has the module.
            var run = "exec(open('" + script + "').read())";
            assertThat(Tool.succeed(folder, "/usr/bin/python3", "-m", "nbd", "-u", uri, "-c", run))
                    .contains("all as expected");
            Tool.succeed(folder, "nbdinfo", uri);
        }

        @Test
        void qemuIoReadsWhatItWrote() throws Exception {
            var output = Tool.succeed(
                    folder,
                    "qemu-io",
                    "-f",
                    "raw",
                    "-c",
                    "write -P 0x5a 4k 3M",
                    "-c",
                    "write -f -P 0xa5 1M 64k",
                    "-c",
                    "write -z 2M 128k",
                    "-c",
                    "write -z -u 3M 64k",
                    "-c",
                    "discard 8M 1M",
                    "-c",
                    "flush",
                    "-c",
                    "read -P 0x5a 4k 1020k",
                    "-c",
                    "read -P 0xa5 1M 64k",
                    "-c",
                    "read -P 0 2M 128k",
                    "-c",
                    "read -P 0 3M 64k",
                    "-c",
                    "aio_write -P 1 16M 4M",
                    "-c",
                    "aio_write -P 2 20M 4M",
                    "-c",
                    "aio_flush",
                    "-c",
                    "read -P 1 16M 4M",
                    "-c",
                    "read -P 2 20M 4M",
                    uri);
            assertThat(output).doesNotContain("failed", "rror");
            assertThat(output.lines().filter(line -> line.startsWith("wrote") || line.startsWith("read")))
                    .hasSize(12);
        }
    }
}
