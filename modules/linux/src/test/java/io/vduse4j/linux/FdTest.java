package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // what happens after an early close is what some tests ask
class FdTest {
    @TempDir
    Path directory;

    private static long census() throws Exception {
        try (var entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        }
    }

    @Test
    void anErrorSaysCallObjectAndErrno() {
        assertThatThrownBy(() -> Fd.open("/no/such/file", OpenFlags.O_RDONLY))
                .isInstanceOf(LinuxException.class)
                .hasMessage("open /no/such/file: no such file or directory (ENOENT)")
                .satisfies(problem ->
                        assertThat(((LinuxException) problem).errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void aZeroByteInAPathIsRefused() {
        assertThatThrownBy(() -> Fd.open("/etc/passwd\0.img", OpenFlags.O_RDONLY))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsWhatItWrote() throws Exception {
        try (var fd = Fd.open(directory.resolve("f").toString(), OpenFlags.O_RDWR | OpenFlags.O_CREAT);
                var arena = Arena.ofConfined()) {
            var out = arena.allocateFrom("hello");
            var in = arena.allocate(16);
            assertThat(fd.write(out.address(), 5)).isEqualTo(5);
            assertThat(fd.read(in.address(), 16)).as("at the end").isZero();
            assertThat(FileIo.pread(fd, in.address(), 16, 1)).isEqualTo(4);
            assertThat(in.get(JAVA_BYTE, 0)).isEqualTo((byte) 'e');
            assertThat(FileIo.status(fd).permissions()).isEqualTo(0600);
        }
    }

    @Test
    void aDuplicateOfANumberLeavesTheNumberToTheCaller() throws Exception {
        try (var ours = EventFd.create();
                var copy = EventFd.adopt(Fd.duplicateOf(ours.fd().number(), "copy"))) {
            assertThat(copy.fd().number()).isNotEqualTo(ours.fd().number());
            assertThat(copy.signal()).isZero();
            assertThat(ours.drain()).isEqualTo(1);
        }
        assertThatThrownBy(() -> Fd.duplicateOf(-2, "copy"))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
    }

    @Test
    void aNumberHandedOverIsTheReceiversToClose() throws Exception {
        var before = census();
        var given = Fd.open("/dev/null", OpenFlags.O_RDWR);
        int number = given.handOver();
        assertThat(given.isOpen()).isFalse();
        given.close();
        assertThat(census()).as("still open").isEqualTo(before + 1);
        Fd.adopt(number, "received").close();
        assertThat(census()).isEqualTo(before);
        assertThatThrownBy(given::handOver).isInstanceOf(IllegalStateException.class);
    }

    /** J-11: read from the kernel, since nothing else would show that the flag is missing. */
    @Test
    void everyDescriptorIsCloseOnExec() throws Exception {
        try (var open = Fd.open("/dev/null", OpenFlags.O_RDWR);
                var copy = open.duplicate();
                var memfd = Memfd.create("exec", 0);
                var event = EventFd.create();
                var epoll = Epoll.create(1)) {
            for (var fd : new Fd[] {open, copy, memfd, event.fd()}) {
                assertThat(Files.readString(Path.of("/proc/self/fdinfo/" + fd.number())))
                        .as(fd.toString())
                        .containsPattern("flags:\\s+0?2[0-7]{6}\\n");
            }
            assertThat(epoll.await(0)).isZero();
        }
    }

    @Test
    void aClosedDescriptorAnswersEbadf() throws Exception {
        var fd = Fd.open("/dev/null", OpenFlags.O_RDWR);
        fd.close();
        assertThat(fd.isOpen()).isFalse();
        assertThat(fd.read(0, 0)).isEqualTo(-Errno.EBADF);
        assertThat(fd.ioctl(0, 0)).isEqualTo(-Errno.EBADF);
        assertThatThrownBy(fd::number).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(fd::duplicate).isInstanceOf(LinuxException.class).hasMessageContaining("EBADF");
    }

    /** Opens a file that gets a number which is free; the JVM's other threads may be in between. */
    private static Fd openAt(int number) throws LinuxException {
        var others = new ArrayList<Fd>();
        try {
            for (int i = 0; i < 1000; i++) {
                var fd = Fd.open("/dev/zero", OpenFlags.O_RDWR);
                if (fd.number() == number) {
                    return fd;
                }
                others.add(fd);
            }
            throw new AssertionError(number + " is not free");
        } finally {
            others.forEach(Fd::close);
        }
    }

    /** J-10: the second close must not hit the file that got the number meanwhile. */
    @Test
    void aSecondCloseClosesNothing() throws Exception {
        var first = Fd.open("/dev/null", OpenFlags.O_RDWR);
        int number = first.number();
        first.close();
        try (var second = openAt(number)) {
            first.close();
            assertThat(second.write(0, 0)).isZero();
        }
    }

    @Test
    void aCallUnderWayKeepsTheNumberTillItEnds() throws Exception {
        var fd = Fd.open("/dev/null", OpenFlags.O_RDWR);
        int number = fd.enter();
        fd.close();
        assertThat(Path.of("/proc/self/fd/" + number)).exists();
        assertThat(fd.enter()).as("nobody new comes in").isNegative();
        fd.leave();
        try (var next = openAt(number)) {
            assertThat(fd.enter()).isNegative();
            fd.close();
            assertThat(next.write(0, 0)).as("not closed with the first").isZero();
        }
    }

    /** Calls race with close while numbers are used again: no call may reach another file. */
    @Test
    void callsThatRaceWithCloseNeverReachAnotherFile() throws Exception {
        try (var threads = Executors.newFixedThreadPool(2);
                var arena = Arena.ofShared()) {
            var buffer = arena.allocate(8);
            for (int round = 0; round < 2000; round++) {
                // Reading /dev/null gives 0; reading /dev/zero, which takes the same number, would give 8.
                var fd = Fd.open("/dev/null", OpenFlags.O_RDONLY);
                var reader = threads.submit(() -> {
                    long result;
                    do {
                        result = fd.read(buffer.address(), 8);
                        assertThat(result).isIn(0L, (long) -Errno.EBADF);
                    } while (result == 0);
                });
                var closer = threads.submit(fd::close);
                closer.get(10, TimeUnit.SECONDS);
                try (var other = Fd.open("/dev/zero", OpenFlags.O_RDONLY)) {
                    assertThat(other.isOpen()).isTrue();
                    reader.get(10, TimeUnit.SECONDS);
                }
            }
        }
    }

    /** the census of descriptors. */
    @Test
    void tenThousandCyclesLeakNothing() throws Exception {
        for (int i = 0; i < 10; i++) {
            cycle();
        }
        long before = census();
        for (int i = 0; i < 10_000; i++) {
            cycle();
        }
        // The JVM itself may have a file open for a moment.
        assertThat(census()).isLessThan(before + 10);
    }

    private static void cycle() throws LinuxException {
        try (var fd = Fd.open("/dev/null", OpenFlags.O_RDWR);
                var copy = fd.duplicate()) {
            copy.close();
        }
    }

    @Test
    void aNumberThatSomeoneElseClosedIsReported() throws Exception {
        var fd = Fd.open("/dev/null", OpenFlags.O_RDWR);
        var thief = Fd.adopt(fd.number(), "thief");
        thief.close();
        assertThatThrownBy(fd::close).isInstanceOf(IllegalStateException.class).hasMessageContaining("someone else");
    }
}
