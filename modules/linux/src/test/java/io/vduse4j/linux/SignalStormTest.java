package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * J-09: calls that signals interrupt a thousand times a second. The signal is the one that java.nio wakes threads with:
 * its handler does nothing, and is installed without SA_RESTART.
 */
@Timeout(60)
class SignalStormTest {
    private static final int SIGNAL = 62;
    private static final MethodHandle SYSCALL;
    private static final long TGKILL = Architecture.current() == Architecture.X86_64 ? 234 : 131;

    static {
        var linker = Linker.nativeLinker();
        SYSCALL = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
    }

    /** Without a handler the signal would end the JVM. */
    @BeforeAll
    static void theHandlerIsThere() throws Exception {
        var pipe = Pipe.open();
        pipe.source().close();
        pipe.sink().close();
        var caught = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigCgt:"))
                .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                .findFirst()
                .orElseThrow();
        assertThat((caught >>> (SIGNAL - 1)) & 1).as("java.nio's handler").isEqualTo(1);
    }

    /** Runs an action on a thread of its own under fire; returns its result. */
    private static <T> T underFire(Callable<T> action) throws Exception {
        var result = new CompletableFuture<T>();
        var id = new CompletableFuture<Long>();
        var thread = new Thread(() -> {
            try {
                id.complete(Long.parseLong(Files.readSymbolicLink(Path.of("/proc/thread-self"))
                        .getFileName()
                        .toString()));
                result.complete(action.call());
            } catch (Throwable problem) {
                result.completeExceptionally(problem);
            }
        });
        thread.start();
        long threadId = id.get(10, TimeUnit.SECONDS);
        int shots = 0;
        while (!result.isDone()) {
            hit(threadId);
            shots++;
            Thread.sleep(1);
        }
        thread.join();
        assertThat(shots).as("shots").isGreaterThanOrEqualTo(3);
        return result.get();
    }

    private static void hit(long threadId) {
        try {
            int ignored =
                    (int) SYSCALL.invokeExact(TGKILL, ProcessHandle.current().pid(), threadId, (long) SIGNAL);
        } catch (Throwable problem) {
            throw new AssertionError(problem);
        }
    }

    @Test
    void theSignalDoesInterrupt() throws Exception {
        try (var fd = blockingEventFd();
                var arena = Arena.ofShared()) {
            var word = arena.allocate(8);
            var first = new CompletableFuture<Long>();
            underFire(() -> {
                first.complete(fd.onThisOnce(SyscallNumber.READ, word.address(), 8, 0, 0, 0));
                Thread.sleep(60);
                return 0;
            });
            assertThat(first.get()).isEqualTo(-Errno.EINTR);
        }
    }

    private static Fd blockingEventFd() {
        return Fd.adopt((int) Syscall.call(SyscallNumber.EVENTFD2, 0, EventFd.EFD_CLOEXEC, 0), "blocking eventfd");
    }

    private static void later(Runnable action) {
        new Thread(() -> {
                    try {
                        Thread.sleep(150);
                        action.run();
                    } catch (InterruptedException stopped) {
                        throw new IllegalStateException(stopped);
                    }
                })
                .start();
    }

    @Test
    void aReadGoesOnTillThereIsSomething() throws Exception {
        try (var fd = blockingEventFd();
                var arena = Arena.ofShared()) {
            var word = arena.allocate(8);
            var event = EventFd.adopt(fd);
            later(event::signal);
            assertThat(underFire(() -> fd.read(word.address(), 8))).isEqualTo(8);
        }
    }

    @Test
    void waitsAreNeitherCutNorStretched() throws Exception {
        try (var epoll = Epoll.create(1);
                var event = EventFd.create();
                var pair = UnixSocket.pair()) {
            var poll = new Poll(1);
            poll.set(0, event.fd(), Poll.POLLIN);
            epoll.add(event.fd(), Epoll.EPOLLIN, 1);
            assertTakes200Millis(() -> (long) epoll.await(200_000_000));
            assertTakes200Millis(() -> (long) poll.await(200));
            assertTakes200Millis(() -> {
                try {
                    return pair.one()
                            .receive(ByteBuffer.allocate(1), 0, Duration.ofMillis(200))
                            .length();
                } catch (LinuxException problem) {
                    return problem.errno() == Errno.ETIMEDOUT ? 0L : problem.errno();
                }
            });
        }
    }

    private static void assertTakes200Millis(Callable<Long> wait) throws Exception {
        long nanos = underFire(() -> {
            long start = System.nanoTime();
            assertThat(wait.call()).isZero();
            return System.nanoTime() - start;
        });
        assertThat(nanos).isBetween(200_000_000L, 10_000_000_000L);
    }

    @Test
    void aConnectionWaitsForItsDeadline(@org.junit.jupiter.api.io.TempDir Path directory) throws Exception {
        var path = directory.resolve("full");
        try (var listener = UnixSocket.listen(path, 0600, 0);
                var first = UnixSocket.connect(path, Duration.ofSeconds(5))) {
            assertTakes200Millis(() -> {
                try (var second = UnixSocket.connect(path, Duration.ofMillis(200))) {
                    return second.fd().isOpen() ? 1L : 2L;
                } catch (LinuxException problem) {
                    return problem.errno() == Errno.ETIMEDOUT ? 0L : problem.errno();
                }
            });
            assertThat(List.of(listener.fd().isOpen(), first.fd().isOpen())).containsOnly(true);
        }
    }
}
