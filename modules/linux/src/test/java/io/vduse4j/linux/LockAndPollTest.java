package io.vduse4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
@SuppressWarnings("try") // what happens after an early close is what some tests ask
class LockAndPollTest {
    @TempDir
    Path directory;

    private Fd image() throws Exception {
        return Fd.open(directory.resolve("image").toString(), OpenFlags.O_RDWR | OpenFlags.O_CREAT);
    }

    @FunctionalInterface
    private interface Lock {
        boolean tryLock(Fd fd, boolean exclusive) throws LinuxException;
    }

    /** J-12, CR-07: a lock of the open file description, seen by another one of the same process. */
    private void exclude(Lock lock) throws Exception {
        var one = image();
        var copy = one.duplicate();
        try (var two = image();
                var three = image()) {
            assertThat(lock.tryLock(one, true)).isTrue();
            assertThat(lock.tryLock(one, true)).as("again by the same").isTrue();
            assertThat(lock.tryLock(copy, true)).as("by its duplicate").isTrue();
            assertThat(lock.tryLock(two, true)).isFalse();
            assertThat(lock.tryLock(two, false)).isFalse();
            // What drops a POSIX lock: another descriptor of the file is closed.
            image().close();
            assertThat(lock.tryLock(two, true)).isFalse();
            one.close();
            assertThat(lock.tryLock(two, true)).as("the duplicate holds it").isFalse();
            copy.close();
            assertThat(lock.tryLock(two, false)).isTrue();
            assertThat(lock.tryLock(three, false)).as("shared").isTrue();
            assertThat(lock.tryLock(three, true)).isFalse();
        }
    }

    @Test
    void flockExcludesOtherDescriptions() throws Exception {
        exclude(FileLock::tryLock);
    }

    @Test
    void ofdLockExcludesOtherDescriptions() throws Exception {
        exclude(FileLock::tryOfdLock);
    }

    @Test
    void anExclusiveOfdLockNeedsWriting() throws Exception {
        image().close();
        try (var fd = Fd.open(directory.resolve("image").toString(), OpenFlags.O_RDONLY)) {
            assertThatThrownBy(() -> FileLock.tryOfdLock(fd, true))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContainingAll("EBADF", "writing");
            assertThat(FileLock.tryLock(fd, true)).as("flock does not").isTrue();
        }
    }

    @Test
    void pollTellsWhichPlaceIsReady() throws Exception {
        var closed = EventFd.create();
        try (var one = EventFd.create();
                var two = EventFd.create()) {
            var poll = new Poll(4);
            poll.set(0, one.fd(), Poll.POLLIN);
            poll.set(2, two.fd(), Poll.POLLIN | Poll.POLLOUT);
            assertThat(poll.await(-1)).isEqualTo(1);
            assertThat(poll.revents(2)).isEqualTo(Poll.POLLOUT);
            poll.set(2, two.fd(), Poll.POLLIN);
            assertThat(poll.await(0)).isZero();
            assertThat(poll.revents(2)).as("nothing is left of the last time").isZero();
            one.signal();
            assertThat(poll.await(Long.MAX_VALUE)).isEqualTo(1);
            assertThat(poll.revents(0)).isEqualTo(Poll.POLLIN);
            one.drain();
            poll.set(3, closed.fd(), Poll.POLLIN);
            closed.close();
            assertThat(poll.await(-1)).as("a closed one ends the wait").isEqualTo(1);
            assertThat(poll.revents(3)).isEqualTo(Poll.POLLNVAL);
            assertThat(poll.revents(0)).isZero();
        }
    }

    @Test
    void pollWaitsNotLessThanAsked() throws Exception {
        try (var event = EventFd.create()) {
            var poll = new Poll(1);
            poll.set(0, event.fd(), Poll.POLLIN);
            long start = System.nanoTime();
            assertThat(poll.await(20)).isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(20_000_000);
            assertThatThrownBy(() -> new Poll(0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aThreadIsPinned() throws Exception {
        var allowed = new String[1];
        var failure = new Throwable[1];
        var thread = new Thread(() -> {
            try {
                Cpu.pin(0);
                allowed[0] = Files.readString(Path.of("/proc/thread-self/status"));
                assertThatThrownBy(() -> Cpu.pin(8191))
                        .isInstanceOf(LinuxException.class)
                        .hasMessageContainingAll("[8191]", "EINVAL", "online");
            } catch (Throwable problem) {
                failure[0] = problem;
            }
        });
        thread.start();
        thread.join();
        assertThat(failure[0]).isNull();
        assertThat(allowed[0]).containsPattern("Cpus_allowed_list:\\s+0\\n");
        for (int[] cpus : new int[][] {{}, {-1}, {8192}}) {
            assertThatThrownBy(() -> Cpu.pin(cpus)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** J-10: garbage that was not closed raises the alarm; what was closed does not. */
    @Test
    void aLostDescriptorIsReported() throws Exception {
        long before = FdAlarm.leaked();
        for (int i = 0; i < 100; i++) {
            Fd.open("/dev/null", OpenFlags.O_RDONLY).close();
        }
        int number = lose();
        for (int i = 0; i < 200 && FdAlarm.leaked() == before; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(FdAlarm.leaked()).isEqualTo(before + 1);
        assertThat(Path.of("/proc/self/fd/" + number))
                .as("an alarm, it closes nothing")
                .exists();
        Fd.adopt(number, "found again").close();
    }

    private static int lose() throws LinuxException {
        return Fd.open("/dev/null", OpenFlags.O_RDONLY).number();
    }
}
