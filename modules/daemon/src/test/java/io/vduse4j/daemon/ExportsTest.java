package io.vduse4j.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ExportsTest {
    /** A thread for each: the common pool has too few. */
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private final Exports<String> exports = new Exports<>();

    /** A disk that behaves as the fields say. */
    private static class TestDisk implements ServedDisk {
        private final AtomicInteger closes = new AtomicInteger();
        private volatile boolean inUse;
        private volatile boolean ended;
        private final AtomicInteger failingCloses = new AtomicInteger();
        private volatile Duration closing = Duration.ZERO;

        @Override
        public String device() {
            return "/dev/test";
        }

        @Override
        public long size() {
            return 512;
        }

        @Override
        public String backend() {
            return "test:512";
        }

        @Override
        public Optional<String> lost() {
            return Optional.empty();
        }

        @Override
        public boolean awaitEnd(Duration timeout) {
            return ended;
        }

        @Override
        public boolean isBroken() {
            return false;
        }

        @Override
        public boolean isInUse() {
            return inUse;
        }

        @Override
        public void resize(long bytes) {}

        @Override
        public void close() throws IOException {
            try {
                Thread.sleep(closing);
            } catch (InterruptedException end) {
                throw new IOException(end);
            }
            closes.incrementAndGet();
            if (failingCloses.getAndDecrement() > 0) {
                throw new LinuxException("detach", "test", Errno.ETIMEDOUT);
            }
        }
    }

    private static void refused(int errno, String says, ThrowingCallable call) {
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(call)
                .withMessageContaining(says)
                .matches(failure -> failure.errno() == errno, "errno " + errno);
    }

    @Test
    void anExportIsFoundByItsNameUntilItIsRemoved() throws Exception {
        var disk = new TestDisk();
        exports.create("b", "what", () -> disk);
        exports.create("a", "else", TestDisk::new);
        assertThat(exports.all()).extracting(Export::name).containsExactly("a", "b");
        assertThat(exports.get("b").about()).isEqualTo("what");
        assertThat(exports.get("b").state()).isEqualTo(Export.State.UP);
        refused(
                Errno.EEXIST,
                "there is an export of that name, which is up",
                () -> exports.create("b", "", TestDisk::new));
        exports.remove("b", false);
        assertThat(disk.closes).hasValue(1);
        refused(Errno.ENOENT, "there is no export of that name", () -> exports.remove("b", false));
        exports.create("b", "again", TestDisk::new);
    }

    @Test
    void whatCannotBeRestoredStaysAndCanBeTriedAgain() throws Exception {
        var disk = new TestDisk();
        exports.restore("good", "", () -> disk);
        exports.restore("bad", "", () -> {
            throw new LinuxException("open", "test", Errno.ENOENT);
        });
        exports.restore("worse", "", () -> {
            throw new IllegalStateException("a fault of ours");
        });
        for (var name : List.of("good", "bad", "worse")) {
            exports.get(name).awaitMade(Duration.ofSeconds(10));
        }
        assertThat(exports.get("good").state()).isEqualTo(Export.State.UP);
        assertThat(exports.get("good").error()).isEmpty();
        var bad = exports.get("bad");
        assertThat(bad.state()).isEqualTo(Export.State.FAILED);
        assertThat(bad.error().orElseThrow()).contains("ENOENT");
        assertThat(exports.get("worse").error()).contains("a fault of ours");
        refused(Errno.EEXIST, "which is failed", () -> exports.create("bad", "", TestDisk::new));
        refused(Errno.EBUSY, "it is up: there is nothing to try again", () -> exports.retry("good", TestDisk::new));
        refused(
                Errno.EIO,
                "",
                () -> exports.retry("bad", () -> {
                    throw new LinuxException("open", "test", Errno.EIO);
                }));
        assertThat(bad.isLost()).isTrue();
        assertThat(exports.retry("bad", TestDisk::new)).isSameAs(bad);
        assertThat(bad.state()).isEqualTo(Export.State.UP);
        assertThat(bad.error()).isEmpty();
        exports.remove("worse", false);
        refused(Errno.ENOENT, "", () -> exports.get("worse"));
        exports.close();
        assertThat(disk.closes).hasValue(1);
        assertThat(exports.all()).isEmpty();
    }

    /** The end of the process, not of the disk. */
    @Test
    void atTheEndDisksAreLeft() throws Exception {
        var left = new AtomicInteger();
        TestDisk disk = new TestDisk() {
            @Override
            public void leave() {
                left.incrementAndGet();
            }
        };
        exports.create("a", "", () -> disk);
        exports.close();
        assertThat(left).hasValue(1);
        assertThat(disk.closes).hasValue(0);
    }

    @Test
    void ofTwoThatWantANameOneGetsIt() throws Exception {
        var rounds = Stream.generate(() -> new Exports<String>()).limit(20_000).toList();
        var arrived = new AtomicInteger();
        var made = new AtomicInteger();
        var refused = new AtomicInteger();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 2; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int round = 0; round < rounds.size(); round++) {
                    arrived.incrementAndGet();
                    while (arrived.get() < 2 * (round + 1)) {
                        Thread.onSpinWait(); // so that both come in the same moment
                    }
                    try {
                        rounds.get(round).create("x", "", TestDisk::new);
                        made.incrementAndGet();
                    } catch (IOException other) {
                        refused.incrementAndGet();
                    }
                }
            }));
        }
        for (var thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(50))).isTrue();
        }
        assertThat(made).hasValue(rounds.size());
        assertThat(refused).hasValue(rounds.size());
    }

    @Test
    void oneThatIsBeingMadeHoldsItsNameAndNobodyUp() throws Exception {
        var making = new CountDownLatch(1);
        var mayBeMade = new CountDownLatch(1);
        var slow = CompletableFuture.runAsync(() -> create("slow", making, mayBeMade), THREADS);
        assertThat(making.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(exports.get("slow").state()).isEqualTo(Export.State.CREATING);
        assertThat(exports.get("slow").disk()).isEmpty();
        refused(Errno.EEXIST, "creating", () -> exports.create("slow", "", TestDisk::new));
        refused(Errno.EBUSY, "it is creating: try again later", () -> exports.remove("slow", true));
        exports.create("other", "", TestDisk::new);
        exports.remove("other", false);
        mayBeMade.countDown();
        slow.get(30, TimeUnit.SECONDS);
        assertThat(exports.get("slow").state()).isEqualTo(Export.State.UP);
    }

    private void create(String name, CountDownLatch making, CountDownLatch mayBeMade) {
        try {
            exports.create(name, "", () -> {
                making.countDown();
                try {
                    assertThat(mayBeMade.await(30, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException end) {
                    throw new IOException(end);
                }
                return new TestDisk();
            });
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void aFailureFreesTheName() throws Exception {
        refused(
                Errno.ENODEV,
                "",
                () -> exports.create("x", "", () -> {
                    throw new LinuxException("make", "x", Errno.ENODEV);
                }));
        assertThat(exports.all()).isEmpty();
        exports.create("x", "", TestDisk::new);
    }

    @Test
    void whatIsInUseIsRemovedByForceOnly() throws Exception {
        var disk = new TestDisk();
        disk.inUse = true;
        exports.create("x", "", () -> disk);
        refused(Errno.EBUSY, "/dev/test is in use", () -> exports.remove("x", false));
        assertThat(disk.closes).hasValue(0);
        assertThat(exports.get("x").state()).isEqualTo(Export.State.UP);
        exports.remove("x", true);
        assertThat(disk.closes).hasValue(1);
    }

    @Test
    void whatCannotBeClosedStays() throws Exception {
        var disk = new TestDisk();
        disk.failingCloses.set(1);
        exports.create("x", "", () -> disk);
        refused(Errno.ETIMEDOUT, "detach test", () -> exports.remove("x", false));
        assertThat(exports.get("x").state()).isEqualTo(Export.State.FAILED);
        refused(Errno.EBUSY, "keeps its volume until the daemon ends", () -> exports.remove("x", true));
        assertThat(disk.closes).hasValue(1);
    }

    @Test
    void oneThatHasEndedByItselfIsToldSo() throws Exception {
        var disk = new TestDisk();
        exports.create("x", "", () -> disk);
        disk.ended = true;
        assertThat(exports.get("x").state()).isEqualTo(Export.State.ENDED);
    }

    @Test
    void allEndAtTheSameTime() throws Exception {
        for (int i = 0; i < 10; i++) {
            var disk = new TestDisk();
            disk.closing = Duration.ofSeconds(1);
            disk.inUse = true;
            disk.failingCloses.set(i == 3 ? 1 : 0);
            exports.create("x" + i, "", () -> disk);
        }
        long start = System.nanoTime();
        refused(Errno.ETIMEDOUT, "detach test", exports::close);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
        assertThat(exports.all()).extracting(Export::name).containsExactly("x3");
        refused(Errno.ECANCELED, "the daemon is ending", () -> exports.create("late", "", TestDisk::new));
    }

    @Test
    void endingWaitsForOneThatIsBeingMade() throws Exception {
        var making = new CountDownLatch(1);
        var mayBeMade = new CountDownLatch(1);
        var slow = CompletableFuture.runAsync(() -> create("slow", making, mayBeMade), THREADS);
        assertThat(making.await(30, TimeUnit.SECONDS)).isTrue();
        CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS, THREADS).execute(mayBeMade::countDown);
        exports.close();
        slow.get(30, TimeUnit.SECONDS);
        assertThat(exports.all()).isEmpty();
    }
}
