package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.nbd.BackendExport;
import io.vduse4j.nbd.NbdLimits;
import io.vduse4j.nbd.NbdServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our NBD server and the clients of libnbd and QEMU. */
class NbdServerPeersTest {
    @TempDir
    Path folder;

    private Backend volume;
    private BackendExport export;
    private NbdServer server;
    private String uri;

    @BeforeEach
    void serve() throws Exception {
        volume = Backends.open("memory:64M", BackendOptions.NONE);
        export = new BackendExport(volume, 2);
        server = NbdServer.listen(folder.resolve("disk.nbd"), NbdLimits.DEFAULT);
        server.add("disk", export);
        uri = server.uri("disk");
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        export.close();
        volume.close();
    }

    @Test
    void nbdinfoSeesWhatWeOffer() throws Exception {
        assertThat(Tool.succeed(folder, "nbdinfo", uri))
                .contains("export-size: 67108864 (64M)", "block_size_minimum: 512", "block_size_preferred: 4096")
                .contains("can_flush: true", "can_fua: true", "can_trim: true", "can_zero: true", "can_df: true")
                .contains("can_multi_conn: true", "can_cache: true", "is_read_only: false", "base:allocation")
                .contains("newstyle-fixed", "using structured packets");
        assertThat(Tool.succeed(folder, "nbdinfo", "--list", uri)).contains("export=\"disk\"");
        assertThat(Tool.succeed(folder, "nbdinfo", "--map", uri)).containsPattern("0 +67108864 +0 +data");
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
