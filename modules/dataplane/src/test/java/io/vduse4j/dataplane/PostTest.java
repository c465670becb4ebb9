package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.EchoDevice;
import io.vduse4j.dataplane.harness.EchoDriver;
import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.linux.EventFd;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Completions from other threads. */
class PostTest {

    private static final int THREADS = 8;
    private static final int REQUESTS = 50_000;

    @Test
    void manyThreadsCompleteEachRequestOnce() throws Exception {
        BlockingQueue<EchoDevice.Job> jobs = new LinkedBlockingQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(i);
            threads.add(Thread.ofPlatform().daemon().start(() -> work(jobs, random)));
        }
        try (Rig rig = new Rig(EchoDevice.over(1, jobs::add), 0, true, Rig.pool(), true, 256).start()) {
            EchoDriver driver = rig.driver();
            AtomicIntegerArray seen = new AtomicIntegerArray(REQUESTS);
            int sent = 0;
            int[] received = {0};
            while (received[0] < REQUESTS) {
                while (sent < REQUESTS && driver.send(sent, rig.kick())) {
                    sent++;
                }
                int before = received[0];
                Eventually.until("completion behind " + before, () -> {
                    for (long value; (value = driver.receive()) != EchoDriver.NOTHING; received[0]++) {
                        seen.incrementAndGet((int) value);
                    }
                    return received[0] > before;
                });
            }
            for (int value = 0; value < REQUESTS; value++) {
                assertThat(seen.get(value)).isEqualTo(1);
            }
            assertThat(rig.counters().fetched()).isEqualTo(REQUESTS);
            Eventually.until("used", () -> rig.counters().used() == REQUESTS);
        } finally {
            threads.forEach(Thread::interrupt);
        }
    }

    /** Each ends while the worker sleeps: nothing but the descriptor tells it. */
    @Test
    void aHandlerThatPollsIsWokenByItsDescriptor() throws Exception {
        BlockingQueue<EchoDevice.Job> jobs = new LinkedBlockingQueue<>();
        try (EventFd ready = EventFd.create()) {
            try (Rig rig = new Rig(EchoDevice.polled(1, jobs::add, ready), 0).start()) {
                for (int value = 0; value < 20; value++) {
                    rig.driver().send(value, rig.kick());
                    EchoDevice.Job job = jobs.take();
                    rig.settle();
                    LockSupport.parkNanos(2_000_000);
                    job.finish();
                    int expected = value;
                    Eventually.until("echo of " + value, () -> rig.driver().receive() == expected);
                }
                rig.driver().send(99, rig.kick());
                EchoDevice.Job last = jobs.take();
                Thread.ofPlatform().start(() -> {
                    LockSupport.parkNanos(50_000_000);
                    last.finish();
                });
                rig.stop(); // waits for the last one, which nobody posts
            }
            assertThat(ready.fd().isOpen()).as("the device's own").isTrue();
        }
    }

    private static void work(BlockingQueue<EchoDevice.Job> jobs, Random random) {
        try {
            while (true) {
                EchoDevice.Job job = jobs.take();
                if (random.nextInt(64) == 0) {
                    LockSupport.parkNanos(random.nextInt(200_000));
                }
                job.finish();
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aSlotThatThrowsDoesNotTakeTheOthersWithIt() {
        PostedSlots posted = new PostedSlots(200);
        List<Integer> taken = new ArrayList<>();
        for (int slot : new int[] {0, 1, 63, 64, 130, 199}) {
            posted.post(slot);
        }
        int thrown = 0;
        while (posted.hasSome()) {
            try {
                posted.take(slot -> {
                    taken.add(slot);
                    throw new IllegalStateException();
                });
            } catch (IllegalStateException expected) {
                thrown++;
            }
            assertThat(taken).hasSize(thrown);
        }
        assertThat(taken).containsExactly(0, 1, 63, 64, 130, 199);
    }
}
