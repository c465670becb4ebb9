package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.testkit.faulty.Fault;
import io.vduse4j.testkit.faulty.FaultyFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A flush that has failed is seen by who looks after the daemon, until the disk is served anew (R-29, DU-05). */
@Timeout(120)
class LostDurabilityTest {
    private static final int SIZE = 4 << 20;

    @TempDir
    Path folder;

    private String write(String uri, int code) throws Exception {
        var tool = Tool.run(folder, "qemu-io", "-f", "raw", "-c", "write 0 4k", "-c", "flush", uri);
        assertThat(tool.code()).as(tool.output()).isEqualTo(code);
        return tool.output();
    }

    @Test
    void itIsShown() throws Exception {
        FaultyFile.missing().ifPresent(Assumptions::abort);
        var daemons = new Daemons(folder, folder.resolve("none"));
        try (var file = FaultyFile.serve(Files.createDirectory(folder.resolve("faulty")), SIZE);
                var daemon = daemons.start()) {
            var create = "create lost file:" + file.path() + " --via nbd";
            var uri = daemons.done(create).strip();
            write(uri, 0);
            assertThat(daemons.done("show lost")).doesNotContain("durability");
            file.add(Fault.on(Fault.Op.FSYNC).error(Errno.EIO));
            assertThat(write(uri, 1))
                    .as("qemu-io says nothing of the flush but its exit code")
                    .contains("wrote 4096/4096");
            assertThat(daemons.done("show lost -o json")).contains("\"lost\"").contains("durability was lost");
            assertThat(daemons.done("ls")).containsPattern("up: .*durability was lost");
            assertThat(Files.readString(daemon.err())).contains("durability was lost");
            assertThat(write(uri, 1)).as("nothing more is written").contains("write failed: Input/output error");
            try (var rm = daemons.ask("rm lost")) {
                assertThat(rm.awaitExit())
                        .as("what was written last is not stable")
                        .isEqualTo(1);
                assertThat(Files.readString(rm.err())).contains("durability was lost");
            }
            write(daemons.done(create).strip(), 0);
            assertThat(daemons.done("ls")).doesNotContain("durability");
            daemons.done("rm lost");
            assertThat(daemon.stop()).isZero();
        }
    }
}
