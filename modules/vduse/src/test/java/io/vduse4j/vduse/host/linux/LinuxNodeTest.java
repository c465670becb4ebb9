package io.vduse4j.vduse.host.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The node over descriptors that exist everywhere: an eventfd can be read, written and waited for as a device can. */
@Timeout(20)
class LinuxNodeTest {
    private static final int FIONREAD = 0x541b;

    private final Arena arena = Arena.ofAuto();

    @Test
    void passesBytesAndErrnosThrough() throws Exception {
        try (var counter = EventFd.create();
                var node = LinuxHost.adopt(counter.fd().duplicate())) {
            var word = arena.allocateFrom(ValueLayout.JAVA_LONG, 3);
            assertThat(node.write(word)).isEqualTo(8);
            assertThat(node.read(word.fill((byte) 0))).isEqualTo(8);
            assertThat(word.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(3);
            assertThat(node.read(word)).isEqualTo(-Errno.EAGAIN);
            assertThat(node.read(word.asSlice(0, 4))).isEqualTo(-Errno.EINVAL);
            assertThat(node.ioctl(0x80088111, word)).isEqualTo(-Errno.ENOTTY);
            assertThat(node.ioctl(0x8113, MemorySegment.NULL)).isEqualTo(-Errno.ENOTTY);
        }
    }

    @Test
    void anIoctlReadsAndWritesItsArgument(@TempDir Path folder) throws Exception {
        var file = folder.resolve("file");
        java.nio.file.Files.writeString(file, "twelve bytes");
        try (var node = LinuxHost.adopt(Fd.open(file.toString(), OpenFlags.O_RDWR))) {
            var count = arena.allocate(ValueLayout.JAVA_INT);
            assertThat(node.ioctl(FIONREAD, count)).isZero();
            assertThat(count.get(ValueLayout.JAVA_INT, 0)).isEqualTo(12);
        }
    }

    @Test
    void anAdoptedDescriptorDoesNotBlock(@TempDir Path folder) throws Exception {
        var fifo = folder.resolve("fifo").toString();
        assertThat(new ProcessBuilder("mkfifo", fifo).start().waitFor()).isZero();
        // Opened for reading and writing, so it has a writer: a blocking read would wait for ever.
        try (var node = LinuxHost.adopt(Fd.open(fifo, OpenFlags.O_RDWR))) {
            var read = new FutureTask<>(() -> node.read(arena.allocate(8)));
            Thread.ofPlatform().daemon().start(read);
            assertThat(read.get(5, TimeUnit.SECONDS)).isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    void pollTellsWhatHoldsOfWhatWasAsked() throws Exception {
        try (var counter = EventFd.create();
                var node = LinuxHost.adopt(counter.fd().duplicate())) {
            assertThat(node.poll(VduseNode.POLLIN, 0)).isZero();
            assertThat(node.poll(VduseNode.POLLIN | VduseNode.POLLOUT, 0)).isEqualTo(VduseNode.POLLOUT);
            counter.signal();
            assertThat(node.poll(VduseNode.POLLIN, 10_000)).isEqualTo(VduseNode.POLLIN);
            assertThat(node.poll(0, 0)).isZero();
        }
    }

    @Test
    void pollEndsWhenItsTimeIsOver() throws Exception {
        try (var node = LinuxHost.adopt(EventFd.create().fd())) {
            long begin = System.nanoTime();
            assertThat(node.poll(VduseNode.POLLIN, 40)).isZero();
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(40));
        }
    }

    @Test
    void wakeEndsOnePollAndOnlyOne() throws Exception {
        try (var node = LinuxHost.adopt(EventFd.create().fd())) {
            node.wake();
            node.wake();
            // Who only looks does not take the wake-up from who waits.
            assertThat(node.poll(VduseNode.POLLIN, 0)).isZero();
            long begin = System.nanoTime();
            assertThat(node.poll(VduseNode.POLLIN, 10_000)).isZero();
            assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(5));
            begin = System.nanoTime();
            assertThat(node.poll(VduseNode.POLLIN, 40)).isZero();
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(40));
        }
    }

    @Test
    void closeWakesEveryThreadThatWaitsAndLetsTheDescriptorGo() throws Exception {
        var counter = EventFd.create();
        var fd = counter.fd().duplicate();
        int number = fd.number();
        var node = LinuxHost.adopt(fd);
        try (var threads = Executors.newFixedThreadPool(2)) {
            var one = threads.submit(() -> node.poll(VduseNode.POLLIN, 10_000));
            var two = threads.submit(() -> node.poll(VduseNode.POLLIN, 10_000));
            Thread.sleep(50);
            node.close();
            assertThat(java.nio.file.Files.exists(
                            Path.of("/proc/self/fd/" + number), java.nio.file.LinkOption.NOFOLLOW_LINKS))
                    .isFalse();
            assertThat(one.get()).isEqualTo(-Errno.EBADF);
            assertThat(two.get()).isEqualTo(-Errno.EBADF);
        }
        node.close();
        node.wake();
        assertThat(node.poll(VduseNode.POLLIN, 10_000)).isEqualTo(-Errno.EBADF);
        assertThat(node.read(arena.allocate(8))).isEqualTo(-Errno.EBADF);
        assertThat(node.write(arena.allocate(8))).isEqualTo(-Errno.EBADF);
        assertThat(node.ioctl(FIONREAD, arena.allocate(8))).isEqualTo(-Errno.EBADF);
        counter.close();
    }
}
