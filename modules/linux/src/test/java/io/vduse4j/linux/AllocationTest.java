package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.reflect.Method;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The compiled calls of the data path allocate nothing (J-07), on success and on failure. */
class AllocationTest {
    private static final int CALLS = 20_000;

    /** By reflection: the module that is tested does not read the one that counts. */
    private static long allocatedBytes() throws Exception {
        var bean = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        Method count = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
        return (long) count.invoke(bean);
    }

    /** Compiled code allocates nothing; before that the linker makes a small object a call. */
    private static void assertAllocatesNothing(String name, Runnable call) throws Exception {
        long bytes = Long.MAX_VALUE;
        for (int round = 0; round < 30 && bytes >= CALLS; round++) {
            long before = allocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            bytes = allocatedBytes() - before;
        }
        assertThat(bytes).as("%s: bytes for %s calls", name, CALLS).isLessThan(CALLS);
    }

    @Test
    void aRingAllocatesNothing() throws Exception {
        try (var arena = Arena.ofConfined();
                var file = Memfd.create("data", 4096);
                var ring = IoRing.create(4, file)) {
            var iovec = arena.allocateFrom(JAVA_LONG, arena.allocate(512).address(), 512)
                    .address();
            IoRing.Ended nothing = (data, result) -> {};
            LongConsumer refused = data -> {};
            assertAllocatesNothing("read", () -> {
                ring.readv(iovec, 1, 0, 7);
                ring.submit(refused);
                while (ring.inFlight() > 0) {
                    ring.reap(nothing);
                }
            });
        } catch (LinuxException disabled) {
            Assumptions.abort("no io_uring here: " + disabled.getMessage());
        }
    }

    @Test
    void theDataPathAllocatesNothing() throws Exception {
        try (var arena = Arena.ofConfined();
                var file = Memfd.create("data", 4096);
                var event = EventFd.create();
                var epoll = Epoll.create(4)) {
            var buffer = arena.allocate(512, 8);
            long address = buffer.address();
            var iovec = arena.allocateFrom(JAVA_LONG, address, 512).address();
            epoll.add(event.fd(), Epoll.EPOLLIN, 1);
            var poll = new Poll(2);
            poll.set(0, event.fd(), Poll.POLLIN);
            assertAllocatesNothing("pread", () -> FileIo.pread(file, address, 512, 0));
            assertAllocatesNothing("pwrite", () -> FileIo.pwrite(file, address, 512, 0));
            assertAllocatesNothing("preadv", () -> FileIo.preadv(file, iovec, 1, 0));
            assertAllocatesNothing("pwritev", () -> FileIo.pwritev(file, iovec, 1, 0, 0));
            assertAllocatesNothing("preadv2", () -> FileIo.preadvNow(file, iovec, 1, 0));
            assertAllocatesNothing("fdatasync", () -> FileIo.fdatasync(file));
            assertAllocatesNothing("a failed ioctl", () -> file.ioctl(0, 0));
            assertAllocatesNothing("a failed pread", () -> FileIo.pread(file, 8, 8, 0));
            assertAllocatesNothing("signal", () -> event.signal());
            assertAllocatesNothing("drain", () -> event.drain());
            assertAllocatesNothing("epoll", () -> epoll.await(0));
            assertAllocatesNothing("poll", () -> poll.await(0));
        }
    }

    @Test
    void whatAllocatesIsSeen() {
        var kept = new Object[1];
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        () -> assertAllocatesNothing("objects", () -> kept[0] = new Object())))
                .isInstanceOf(AssertionError.class);
    }
}
