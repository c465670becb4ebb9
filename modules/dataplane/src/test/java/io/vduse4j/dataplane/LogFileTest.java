package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.dataplane.inflight.InflightLogException;
import io.vduse4j.dataplane.inflight.LogFile;
import io.vduse4j.dataplane.inflight.LogIdentity;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log is only believed if it is that of this device, in this run of the machine, and whole. */
@Spec({"CR-02", "BUG-13"})
class LogFileTest {

    private static final LogIdentity.Ring RING = new LogIdentity.Ring(0, 64, 0x1000, 0x2000, 0x3000);
    private static final LogIdentity.Ring OTHER = new LogIdentity.Ring(1, 64, 0x5000, 0x6000, 0x7000);
    private static final LogIdentity ONE = new LogIdentity("disk", 1L << 32, List.of(RING));

    @TempDir
    Path folder;

    private LogFile open(String device) throws IOException {
        return LogFile.open(folder.resolve("disk.inflight"), device, 2, 64);
    }

    private void resumes(LogIdentity identity, String problem) throws IOException {
        try (LogFile log = open(identity.device())) {
            if (problem.isEmpty()) {
                assertThat(log.resume(identity)).isNotNull();
            } else {
                assertThatThrownBy(() -> log.resume(identity))
                        .isInstanceOf(InflightLogException.class)
                        .hasMessageContaining(problem);
            }
        } catch (InflightLogException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSuccessorFindsWhatWasBegun() throws Exception {
        try (LogFile log = open("disk")) {
            assertThat(log.saysRunning()).isFalse();
            log.begin(ONE).queue(0, 64).begin(7);
            assertThat(log.saysRunning()).isTrue();
        }
        try (LogFile log = open("disk")) {
            assertThat(log.saysRunning()).isTrue();
            InflightLog logs = log.resume(ONE);
            assertThat(logs.queue(0, 64).isFresh()).isFalse();
            assertThat(logs.queue(0, 64).before()).isEqualTo(7);
        }
    }

    @Test
    void aNewLifeBeginsEmpty() throws Exception {
        try (LogFile log = open("disk")) {
            log.begin(ONE).queue(0, 64).begin(7);
            assertThat(log.begin(ONE).queue(0, 64).isFresh()).isTrue();
        }
    }

    @Test
    void afterAResetThereIsNothingToGoOnWith() throws Exception {
        try (LogFile log = open("disk")) {
            log.begin(ONE);
            log.end();
            assertThat(log.saysRunning()).isFalse();
        }
        resumes(ONE, "no driver runs");
    }

    @Test
    void whatIsNotOfThisDeviceIsRefused() throws Exception {
        try (LogFile log = open("disk")) {
            log.begin(ONE);
        }
        resumes(new LogIdentity("other", ONE.features(), ONE.queues()), "of the device disk");
        resumes(new LogIdentity("disk", 3, ONE.queues()), "features");
        resumes(
                new LogIdentity("disk", ONE.features(), List.of(new LogIdentity.Ring(0, 32, 0x1000, 0x2000, 0x3000))),
                "queue 0");
        resumes(
                new LogIdentity("disk", ONE.features(), List.of(new LogIdentity.Ring(0, 64, 0x1000, 0x2000, 0x9000))),
                "queue 0");
        resumes(ONE, "");
    }

    @Test
    void aQueueThatWasNeverServedIsFresh() throws Exception {
        try (LogFile log = open("disk")) {
            log.begin(ONE).queue(1, 64).begin(5);
        }
        try (LogFile log = open("disk")) {
            InflightLog logs = log.resume(new LogIdentity("disk", ONE.features(), List.of(RING, OTHER)));
            assertThat(logs.queue(1, 64).isFresh()).isTrue();
        }
        resumes(new LogIdentity("disk", ONE.features(), List.of(RING, OTHER)), "");
    }

    @Test
    void aHeadThatWasWrittenHalfLeavesTheOneBefore() throws Exception {
        Path path = folder.resolve("disk.inflight");
        try (LogFile log = open("disk")) {
            log.begin(ONE); // in the second place
            log.add(new LogIdentity("disk", ONE.features(), List.of(RING, OTHER))); // in the first
        }
        byte[] file = Files.readAllBytes(path);
        file[40] ^= 1;
        Files.write(path, file);
        resumes(ONE, "");
    }

    @Test
    void noByteOfAHeadIsBelievedThatSomebodyHasChanged() throws Exception {
        Path path = folder.resolve("disk.inflight");
        try (LogFile log = open("disk")) {
            log.begin(ONE);
        }
        byte[] good = Files.readAllBytes(path);
        Random random = new Random(2);
        for (int i = 0; i < 500; i++) {
            byte[] bad = good.clone();
            bad[4096 + random.nextInt(144 + 32)] ^= (byte) (1 << random.nextInt(8));
            Files.write(path, bad);
            resumes(ONE, "no valid head");
        }
    }

    @Test
    void anotherRunOfTheMachineMeansNothing() throws Exception {
        Path path = folder.resolve("disk.inflight");
        try (LogFile log = open("disk")) {
            log.begin(ONE);
        }
        Path earlier = folder.resolve("earlier");
        Files.writeString(earlier, "00000000-0000-0000-0000-000000000000\n");
        try (LogFile log = LogFile.open(path, "disk", 2, 64, earlier)) {
            assertThat(log.saysRunning()).isFalse();
            assertThatThrownBy(() -> log.resume(ONE)).hasMessageContaining("earlier run of the machine");
        }
    }

    @Test
    void onlyAFileOfOurOwnIsUsed() throws Exception {
        Path path = folder.resolve("disk.inflight");
        Files.writeString(path, "x");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        refused(Errno.EPERM);
        Files.delete(path);
        Files.createSymbolicLink(path, folder.resolve("elsewhere"));
        refused(Errno.ELOOP);
        assertThat(folder.resolve("elsewhere")).doesNotExist();
    }

    private void refused(int errno) {
        assertThatThrownBy(() -> open("disk"))
                .asInstanceOf(InstanceOfAssertFactories.type(LinuxException.class))
                .extracting(LinuxException::errno)
                .isEqualTo(errno);
    }

    @Test
    void twoServersNeverShareIt() throws Exception {
        Path path = folder.resolve("disk.inflight");
        try (LogFile _ = open("disk")) {
            refused(Errno.EBUSY);
            assertThat(LogFile.isInUse(path)).isTrue();
        }
        assertThat(LogFile.isInUse(path)).isFalse();
        open("disk").close();
    }

    @Test
    void itGoesWithTheDevice() throws Exception {
        try (LogFile log = open("disk")) {
            assertThat(log.path()).exists();
            log.delete();
            assertThat(log.path()).doesNotExist();
        }
    }
}
