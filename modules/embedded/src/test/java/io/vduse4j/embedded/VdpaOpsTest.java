package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqInfoLayout;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.VirtioFeatures;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Spec("kernel-behaviour 4")
@Timeout(60)
class VdpaOpsTest {
    private final Machine machine;
    private final VduseNode node;
    private final VdpaOps device;
    private final Daemon daemon;

    VdpaOpsTest() throws Exception {
        machine = new Machine();
        node = machine.device("disk0");
        device = machine.attach("disk0");
        daemon = new Daemon(node);
    }

    @AfterEach
    void close() {
        daemon.close();
        machine.close();
    }

    private int inject(int queue) {
        return node.ioctl(VduseIoctl.VDUSE_VQ_INJECT_IRQ, Raw.u32(queue));
    }

    private int injectConfig() {
        return node.ioctl(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ, MemorySegment.NULL);
    }

    private static void acquire(Semaphore semaphore) throws InterruptedException {
        assertThat(semaphore.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatTheCreatorSaid() {
        assertThat(device.name()).isEqualTo("disk0");
        assertThat(device.deviceId()).isEqualTo(2);
        assertThat(device.vendorId()).isEqualTo(0x1af4);
        assertThat(device.vqCount()).isEqualTo(Raw.QUEUES);
        assertThat(device.vqAlign()).isEqualTo(4096);
        assertThat(device.deviceFeatures()).isEqualTo(Raw.FEATURES);
        assertThat(device.vqNumMax()).isEqualTo(256);
        assertThat(device.vqSize(0)).isEqualTo(256);
        device.setVqNum(0, 64);
        assertThat(device.vqSize(0)).isEqualTo(64);
        assertThat(List.of(device.groupCount(), device.asCount(), device.vqGroup(1)))
                .containsExactly(1, 1, 0);
        assertThat(device.setGroupAsid(0, 0)).as("version 0").isEqualTo(-Errno.EINVAL);
        assertThat(device.canSuspend()).isFalse();
        assertThat(device.suspend()).isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(device.setMap(1, new Iotlb(List.of()))).isEqualTo(-Errno.EINVAL);
        assertThat(daemon.log).as("none of it is a message").isEmpty();
    }

    @Test
    void theStatusIsWhatTheDaemonHasAccepted() {
        device.setStatus(1);
        assertThat(device.status()).isEqualTo(1);
        daemon.answers = _ -> 1;
        device.setStatus(3);
        assertThat(device.status()).isEqualTo(1);
        assertThat(daemon.log).containsExactly("status 0x1", "status 0x3");
    }

    @Test
    @Spec("kernel-behaviour 4.3")
    void aResetHappensEvenIfTheDaemonRefuses() throws Exception {
        var fired = new AtomicInteger();
        try (var kick = EventFd.create()) {
            node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, Raw.kick(0, kick.fd().number()));
            device.setStatus(0xf);
            device.setDriverFeatures(5);
            device.setVqNum(0, 8);
            device.setVqAddress(0, 1, 2, 3);
            device.setVqState(0, 4);
            device.setVqCallback(0, new VqCallback.Interrupt(fired::incrementAndGet));
            device.setConfigCallback(fired::incrementAndGet);
            device.setVqReady(0, true);
            device.setVqReady(1, true);
            device.kickVq(1);
            int generation = device.generation();
            daemon.answers = _ -> 1;
            assertThat(device.reset()).isEqualTo(-Errno.EIO);
            assertThat(device.status()).isZero();
            assertThat(device.driverFeatures()).isZero();
            assertThat(device.generation()).isEqualTo(generation + 1);
            assertThat(device.vqReady(0)).isFalse();
            assertThat(device.vqSize(0)).as("the largest size stays").isEqualTo(256);
            var info = Raw.vqInfo(0);
            node.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, info);
            assertThat(info.mismatch(Raw.zeros(VqInfoLayout.SIZE))).isEqualTo(-1);
            device.setVqReady(0, true);
            device.kickVq(0);
            assertThat(kick.drain()).as("the eventfd is dropped").isZero();
            device.setVqReady(1, true);
            node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, Raw.kick(1, kick.fd().number()));
            assertThat(kick.drain()).as("the kick is forgotten").isZero();
        }
        daemon.answers = _ -> 0;
        assertThat(device.reset()).isZero();
        device.setStatus(0xf);
        device.setVqReady(0, true);
        assertThat(inject(0)).isZero();
        assertThat(injectConfig()).as("success without a callback").isZero();
        Thread.sleep(50);
        assertThat(fired).as("callbacks are gone").hasValue(0);
    }

    @Test
    @Spec("kernel-behaviour 11 item 10")
    void interruptsNeedDriverOkAndAReadyQueue() throws Exception {
        var interrupts = new Semaphore(0);
        device.setVqCallback(0, new VqCallback.Interrupt(interrupts::release));
        device.setVqReady(0, true);
        assertThat(inject(0)).isEqualTo(-Errno.EINVAL);
        assertThat(injectConfig()).isEqualTo(-Errno.EINVAL);
        device.setStatus(0xf);
        assertThat(inject(2)).isEqualTo(-Errno.EINVAL);
        assertThat(inject(-1)).isEqualTo(-Errno.EINVAL);
        assertThat(inject(0)).isZero();
        acquire(interrupts);
        device.setVqReady(0, false);
        assertThat(inject(0)).as("does nothing").isZero();
        assertThat(inject(1)).isZero();
        assertThat(interrupts.tryAcquire(50, TimeUnit.MILLISECONDS)).isFalse();
        device.setConfigCallback(interrupts::release);
        assertThat(injectConfig()).isZero();
        acquire(interrupts);
    }

    @Test
    @Spec("kernel-behaviour 11 item 10")
    void anInjectBeforeTheReplyToDriverOkIsEinval() {
        var injected = new CompletableFuture<Integer>();
        daemon.answers = _ -> {
            injected.complete(inject(0));
            return 0;
        };
        device.setStatus(0xf);
        assertThat(injected.join()).isEqualTo(-Errno.EINVAL);
        assertThat(inject(0)).isZero();
    }

    @Test
    void interruptsCoalesceWhileOneWaits() throws Exception {
        var started = new Semaphore(0);
        var go = new CountDownLatch(1);
        var count = new AtomicInteger();
        device.setStatus(0xf);
        device.setVqReady(0, true);
        device.setVqCallback(0, new VqCallback.Interrupt(() -> {
            count.incrementAndGet();
            started.release();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }));
        inject(0);
        acquire(started);
        for (int i = 0; i < 10; i++) {
            assertThat(inject(0)).isZero();
        }
        go.countDown();
        acquire(started);
        assertThat(started.tryAcquire(50, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(count).hasValue(2);
    }

    @Test
    void aCallbackThatFailsCostsNobodyElseItsInterrupts() throws Exception {
        var interrupts = new Semaphore(0);
        device.setStatus(0xf);
        device.setVqReady(0, true);
        device.setVqReady(1, true);
        device.setVqCallback(0, new VqCallback.Interrupt(() -> {
            throw new IllegalStateException("planted");
        }));
        device.setVqCallback(1, new VqCallback.Interrupt(interrupts::release));
        inject(0);
        inject(1);
        acquire(interrupts);
    }

    @Test
    void aCallbackThatWasTakenAwayDoesNotRunAnyMore() throws Exception {
        device.setStatus(0xf);
        device.setVqReady(0, true);
        for (int round = 0; round < 200; round++) {
            var gone = new AtomicInteger();
            var late = new AtomicInteger();
            device.setVqCallback(0, new VqCallback.Interrupt(() -> late.addAndGet(gone.get())));
            inject(0);
            device.setVqCallback(0, null);
            gone.set(1);
            assertThat(late).hasValue(0);
        }
    }

    @Test
    @Spec("kernel-behaviour 11 item 10")
    void aTriggerIsSignalledAtOnceAndAsksForNoDriverOk() throws Exception {
        try (var call = EventFd.create()) {
            device.setVqCallback(0, new VqCallback.Trigger(call));
            assertThat(inject(0)).as("not ready: the other way").isEqualTo(-Errno.EINVAL);
            device.setVqReady(0, true);
            assertThat(inject(0)).isZero();
            assertThat(call.drain()).isEqualTo(1);
        }
    }

    @Test
    void theStateOfAQueueIsAskedOfTheDaemon() {
        daemon.fill = reply -> {
            reply.set(JAVA_INT, 24, 99);
            for (int field = 28; field < 36; field += 2) {
                reply.set(JAVA_SHORT, field, (short) -1);
            }
        };
        assertThat(device.vqState(1)).isEqualTo(0xffff);
        device.setDriverFeatures(VirtioFeatures.RING_PACKED);
        assertThat(device.vqState(1)).as("counters and indices masked").isEqualTo(0x7fff_0001_7fff_0001L);
        daemon.answers = _ -> 1;
        assertThat(device.vqState(1)).isEqualTo(-Errno.EIO);
    }

    @Test
    @Spec("kernel-behaviour 3.6")
    void queuesAndKickOutliveTheDaemon() throws Exception {
        try (var kick = EventFd.create()) {
            node.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, Raw.kick(0, kick.fd().number()));
            device.setVqNum(0, 16);
            device.setVqReady(0, true);
            daemon.close();
            node.close();
            var next = machine.open("disk0");
            var info = Raw.vqInfo(0);
            assertThat(next.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, info)).isZero();
            assertThat(info.get(JAVA_INT, VqInfoLayout.NUM)).isEqualTo(16);
            device.kickVq(0);
            assertThat(kick.drain()).as("the old eventfd stays").isEqualTo(1);
        }
    }

    @Test
    void aResetByTheInterruptThreadDoesNotWaitForItself() throws Exception {
        var done = new CompletableFuture<Integer>();
        device.setStatus(0xf);
        device.setVqReady(0, true);
        device.setVqCallback(0, new VqCallback.Interrupt(() -> done.complete(device.reset())));
        inject(0);
        assertThat(done.get(Duration.ofSeconds(4).toMillis(), TimeUnit.MILLISECONDS))
                .isZero();
    }
}
