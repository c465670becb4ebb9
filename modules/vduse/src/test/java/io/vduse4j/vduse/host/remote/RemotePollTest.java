package io.vduse4j.vduse.host.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.harness.Eventually;
import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting for events over a connection. */
@Timeout(60)
class RemotePollTest extends OpenDisk {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static FutureTask<Integer> start(Callable<Integer> call) {
        var task = new FutureTask<>(call);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private FutureTask<Integer> startPoll(long timeoutMillis) {
        int before = disk.waiting();
        var poll = start(() -> node.poll(VduseNode.POLLIN, timeoutMillis));
        Eventually.until("the poll waits", () -> disk.waiting() > before);
        return poll;
    }

    private static int get(FutureTask<Integer> task) throws Exception {
        return task.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void onlyWhatWasAskedIsTold() {
        assertThat(node.poll(VduseNode.POLLIN | VduseNode.POLLOUT, 0)).isZero();
        disk.send(1);
        assertThat(node.poll(VduseNode.POLLIN | VduseNode.POLLOUT, 0)).isEqualTo(VduseNode.POLLIN);
        assertThat(node.poll(VduseNode.POLLOUT, 0)).isZero();
        assertThat(node.poll(VduseNode.POLLIN, 10_000)).isEqualTo(VduseNode.POLLIN);
        assertThat(node.read(Arena.ofAuto().allocate(2))).isEqualTo(2);
        assertThat(node.poll(VduseNode.POLLIN | VduseNode.POLLOUT, -1)).isEqualTo(VduseNode.POLLOUT);
    }

    @Test
    void aWaitEndsWithItsTime() {
        long began = System.nanoTime();
        assertThat(node.poll(VduseNode.POLLIN, 1300)).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(1300));
    }

    @Test
    void aMessageEndsAWaitAndIoctlsGoOnMeanwhile() throws Exception {
        var poll = startPoll(-1);
        assertThat(node.ioctl(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ, MemorySegment.NULL))
                .isZero();
        assertThat(poll.isDone()).isFalse();
        disk.send(1);
        assertThat(get(poll)).isEqualTo(VduseNode.POLLIN);
    }

    @Test
    void aWakeEndsTheRunningPollHereAndThere() throws Exception {
        var poll = startPoll(-1);
        node.wake();
        assertThat(get(poll)).isZero();
        Eventually.until("nobody waits at the server", () -> disk.waiting() == 0);
        // It is used up, also at the server.
        assertThat(node.poll(VduseNode.POLLIN, 300)).isZero();
        var next = startPoll(-1);
        assertThat(Eventually.neverFor(Duration.ofMillis(100), next::isDone)).isTrue();
        disk.send(1);
        assertThat(get(next)).isEqualTo(VduseNode.POLLIN);
    }

    @Test
    void aWakeBeforeEndsTheNextPollThatWaits() throws Exception {
        node.wake();
        assertThat(node.poll(VduseNode.POLLIN, 0)).isZero();
        assertThat(get(start(() -> node.poll(VduseNode.POLLIN, -1)))).isZero();
        var next = startPoll(-1);
        assertThat(Eventually.neverFor(Duration.ofMillis(100), next::isDone)).isTrue();
        node.wake();
        assertThat(get(next)).isZero();
    }

    @Test
    void manyWakesLeaveNoThreadBehind() {
        for (int i = 0; i < 2000; i++) {
            node.wake();
            assertThat(node.poll(VduseNode.POLLIN, -1)).isZero();
        }
        Eventually.until("nobody waits at the server", () -> disk.waiting() == 0);
    }

    /** The server looks for ended waits each second, too; that must not be what ends them. */
    @Test
    void aWakeReachesTheServer() throws Exception {
        long began = System.nanoTime();
        for (int i = 0; i < 30; i++) {
            var poll = startPoll(-1);
            node.wake();
            assertThat(get(poll)).isZero();
            Eventually.until("nobody waits at the server", () -> disk.waiting() == 0);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
    }

    @Test
    void threadsThatWaitAndThreadsThatWakeMeet() throws Exception {
        for (int i = 0; i < 300; i++) {
            var poll = start(() -> node.poll(VduseNode.POLLIN, -1));
            node.wake();
            assertThat(get(poll)).isZero();
        }
        Eventually.until("nobody waits at the server", () -> disk.waiting() == 0);
    }

    /** The wake-up of a host may reach another thread than the one that is meant; nobody ends early by it, or never. */
    @Test
    void twoWaitsEndEachByItsOwn() throws Exception {
        var brief = startPoll(700);
        var endless = startPoll(-1);
        assertThat(get(brief)).isZero();
        assertThat(endless.isDone()).isFalse();
        disk.send(1);
        assertThat(get(endless)).isEqualTo(VduseNode.POLLIN);
    }

    @Test
    void closingEndsAWait() throws Exception {
        var poll = startPoll(-1);
        node.close();
        assertThat(get(poll)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void anInterruptionEndsNoWaitAndIsKept() throws Exception {
        var interrupted = new FutureTask<>(() -> {
            Thread.currentThread().interrupt();
            int result = node.poll(VduseNode.POLLIN, 300);
            return result == 0 && Thread.interrupted();
        });
        Thread.ofPlatform().daemon().start(interrupted);
        assertThat(interrupted.get(20, TimeUnit.SECONDS)).isTrue();
    }
}
