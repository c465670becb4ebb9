package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlushCoalescerTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(10);

    /** A backend whose flush begins, then ends when the test says so. */
    private static final class Blocking implements Backend {
        private final Semaphore begun = new Semaphore(0);
        private final Semaphore end = new Semaphore(0);
        private final AtomicInteger flushes = new AtomicInteger();
        private volatile IOException failure;

        void awaitBegin() throws InterruptedException {
            assertThat(begun.tryAcquire(10, TimeUnit.SECONDS))
                    .as("a flush begins")
                    .isTrue();
        }

        @Override
        public void flush() throws IOException {
            flushes.incrementAndGet();
            begun.release();
            end.acquireUninterruptibly();
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public Limits limits() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long size() {
            return 0;
        }

        @Override
        public Channel open(int slots, Completions completions) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onResize(LongConsumer listener) {}

        @Override
        public String describe() {
            return "blocking";
        }

        @Override
        public void close() {}
    }

    /** Where flushes end. */
    private static final class Ends implements Completions {
        private final BlockingQueue<String> posted = new LinkedBlockingQueue<>();

        @Override
        public void complete(int slot, int errno) {
            throw new AssertionError("on " + Thread.currentThread());
        }

        @Override
        public void post(int slot, int errno) {
            posted.add(slot + ":" + errno);
        }

        String next() throws InterruptedException {
            return posted.poll(10, TimeUnit.SECONDS);
        }

        boolean nothing() throws InterruptedException {
            return posted.poll(SHORT.toMillis(), TimeUnit.MILLISECONDS) == null;
        }
    }

    private final Blocking backend = new Blocking();
    private final FlushCoalescer coalescer = new FlushCoalescer(backend);
    private final Ends ends = new Ends();

    @AfterEach
    void close() throws Exception {
        backend.end.release(100);
        coalescer.close(LONG);
    }

    @Test
    void aFlushThatIsRunningDoesNotCoverALaterOne() throws Exception {
        var port = coalescer.open(4, ends);
        port.request(0);
        backend.awaitBegin();
        // A write may have completed since: only a flush that begins after this request covers it (DU-01).
        port.request(1);
        assertThat(ends.nothing()).isTrue();
        backend.end.release();
        assertThat(ends.next()).isEqualTo("0:0");
        backend.awaitBegin();
        assertThat(ends.nothing()).as("the second waits for a flush of its own").isTrue();
        backend.end.release();
        assertThat(ends.next()).isEqualTo("1:0");
        assertThat(backend.flushes).hasValue(2);
    }

    @Test
    void allThatWaitShareOneFlush() throws Exception {
        var one = coalescer.open(8, ends);
        var other = coalescer.open(8, ends);
        one.request(7);
        backend.awaitBegin();
        for (int slot = 0; slot < 4; slot++) {
            one.request(slot);
            other.request(10 + slot);
        }
        backend.end.release();
        assertThat(ends.next()).isEqualTo("7:0");
        backend.awaitBegin();
        backend.end.release();
        var rest = new ArrayList<String>();
        for (int i = 0; i < 8; i++) {
            rest.add(ends.next());
        }
        assertThat(rest).containsExactlyInAnyOrder("0:0", "1:0", "2:0", "3:0", "10:0", "11:0", "12:0", "13:0");
        assertThat(backend.flushes).hasValue(2);
    }

    @Test
    void aFailureIsFinal() throws Exception {
        var port = coalescer.open(4, ends);
        backend.failure = new IOException("lost");
        port.request(0);
        backend.end.release();
        assertThat(ends.next()).isEqualTo("0:" + Errno.EIO);
        backend.failure = null;
        backend.end.release(10);
        port.request(1);
        assertThat(ends.next()).isEqualTo("1:" + Errno.EIO);
        assertThat(backend.flushes).as("the backend is not asked again (DU-05)").hasValue(1);
    }

    @Test
    void everySlotOfALongRunEndsOnce() throws Exception {
        backend.end.release(100_000);
        var port = coalescer.open(3, ends);
        for (int i = 0; i < 3_000; i += 3) {
            for (int slot = 0; slot < 3; slot++) {
                port.request(slot);
            }
            assertThat(ends.next() + ends.next() + ends.next()).isEqualTo("0:01:02:0");
        }
        assertThat(ends.posted).isEmpty();
    }

    @Test
    void whatWasAskedBeforeClosingIsServed() throws Exception {
        var port = coalescer.open(2, ends);
        backend.end.release();
        port.request(0);
        coalescer.close(LONG);
        assertThat(ends.next()).isEqualTo("0:0");
    }

    @Test
    void closingWaitsNoLongerThanItIsTold() throws Exception {
        var port = coalescer.open(2, ends);
        port.request(0);
        backend.awaitBegin();
        assertThatThrownBy(() -> coalescer.close(SHORT))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno()).isEqualTo(Errno.ETIMEDOUT));
    }
}
