package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A daemon dies with a message of the kernel in its hands, read and not answered, or answered just now: the next one is
 * asked again, and the driver goes on (R-22, CR-08).
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PendingMessageTest {

    private static final String NAME = "asked";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void theNextDaemonIsAskedAgain(int message) throws Exception {
        dieAt(List.of("message.read:" + message));
    }

    @Tag("full")
    @ParameterizedTest
    @ValueSource(strings = {"message.read", "message.handled"})
    void theNextDaemonIsAskedAgainAtEachMessage(String place) throws Exception {
        for (int message = 1; message <= 8; message++) {
            dieAt(List.of(place + ":" + message));
        }
    }

    /** Also while it takes over, and when it has just begun to serve. */
    @Tag("full")
    @ParameterizedTest
    @ValueSource(strings = {"adopt.message", "adopt.open", "adopt.opened", "log.head", "log.head.done"})
    void theNextButOneIsAskedAgain(String place) throws Exception {
        dieAt(List.of("status.answered:1", place + ":1"));
        dieAt(List.of("message.read:5", place + ":1"));
    }

    private VduseProcess daemon(Path socket, List<String> jvm) throws Exception {
        return VduseProcess.start(
                folder,
                jvm,
                "run",
                "file:" + folder.resolve("disk.img"),
                "--size",
                "16M",
                "--name",
                NAME,
                "--host",
                socket.toString());
    }

    private void dieAt(List<String> failpoints) throws Exception {
        Path socket = folder.resolve("kernel.sock");
        try (var kernel = VduseProcess.start(folder, "kernel", "--socket", socket.toString())) {
            kernel.awaitErr("ready in");
            for (String failpoint : failpoints) {
                try (var dies = daemon(socket, List.of("-Dvduse4j.failpoint=" + failpoint))) {
                    dies.awaitEnd(Duration.ofSeconds(4)); // some places are not reached in every life
                    dies.kill();
                }
            }
            try (var next = daemon(socket, List.of())) {
                String device = next.awaitDevice();
                Tool.succeed(
                        folder,
                        "fio",
                        "--name=job",
                        "--ioengine=nbd",
                        "--uri=" + device,
                        "--rw=randwrite",
                        "--bs=4k",
                        "--iodepth=8",
                        "--size=4M",
                        "--verify=crc32c",
                        "--verify_fatal=1");
                assertThat(next.stop()).as("%s: %s", failpoints, next.said()).isZero();
            }
            assertThat(kernel.stop()).isZero();
        }
    }
}
