package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.IotlbEntry;
import io.vduse4j.vduse.VduseAttributes;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.SplitRing;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What our code relies on while a driver runs, without anybody having promised it; what can be asked of an idle device is
 * asked by {@code VduseKernelTest}. Numbers in brackets are the sections of the specification of the kernel's behaviour.
 */
@Tag("quick")
final class KernelFactsTest {
    private static final String NAME = "facts";
    private static final long PAGE = 4096;
    private static final long BOUNCE = 8L << 20;

    private static int errno(ThrowingCallable call) {
        return catchThrowableOfType(LinuxException.class, call).errno();
    }

    private static void fact(String section, String what) {
        Evidence.show("(%s) %s", section, what);
    }

    @Test
    void messagesAreOwedOneReplyAndAreReadAgainByTheNextDaemon() throws Exception {
        try (var device = new ByHand(NAME)) {
            device.setUpQueues();
            assertThat(device.node().read()).isEmpty();
            assertThat(device.node().replyOk(0)).isFalse();
            fact("3.4", "a reply that nobody waits for is refused");

            var attached = device.attach();
            var first = device.next(0x00);
            assertThat(first.id()).isZero();
            assertThat(device.node().poll(VduseNode.POLLIN | VduseNode.POLLOUT, 0))
                    .isEqualTo(VduseNode.POLLOUT);
            fact("3.5", "POLLOUT says that a reply is owed");

            device.reopen();
            assertThat(device.next(0x00)).isEqualTo(first);
            fact("3.6", "what was not answered is read again after the node was closed and opened, same number");
            assertThat(device.node().replyOk(first.id())).isTrue();
            assertThat(device.node().replyOk(first.id())).isFalse();
            fact("3.4", "a second reply is refused");

            for (int status : new int[] {0x01, 0x03, 0x0b, 0x0f}) {
                device.accept(status);
            }
            ByHand.finish(attached);
            device.detachAccepting(0x00, 0x01);
            fact("7.2", "the driver's last word is ACKNOWLEDGE");
        }
    }

    @Test
    void interruptsAreRefusedUntilDriverOkIsAnswered() throws Exception {
        try (var device = new ByHand(NAME)) {
            device.setUpQueues();
            var attached = device.attach();
            for (int status : new int[] {0x00, 0x01, 0x03, 0x0b}) {
                device.accept(status);
            }
            var driverOk = device.next(0x0f);
            assertThat(device.node().injectQueueInterrupt(0)).isEqualTo(-Errno.EINVAL);
            assertThat(device.node().injectConfigInterrupt()).isEqualTo(-Errno.EINVAL);
            fact("2.3", "before DRIVER_OK is answered, interrupts are EINVAL");
            for (int queue = 0; queue < ByHand.QUEUES; queue++) {
                assertThat(device.node().queueInfo(queue).ready()).isEqualTo(queue < Devices.cpus());
            }
            fact("7.1", "no more queues are ready than there are processors, and those already are");
            assertThat(device.node().driverFeatures() >>> 32 & 3).isEqualTo(3);
            fact("7.1", "the driver's features can be read: VERSION_1 and ACCESS_PLATFORM");

            device.node().replyOk(driverOk.id());
            ByHand.finish(attached);
            assertThat(device.node().injectQueueInterrupt(0)).isZero();
            assertThat(device.node().injectConfigInterrupt()).isZero();
            assertThat(device.node().injectQueueInterrupt(ByHand.QUEUES - 1)).isZero();
            fact("2.3", "then they are taken, those of queues that are not ready too");
            device.detachAccepting(0x00, 0x01);
            assertThat(device.node().queueInfo(0).ready()).isFalse();
            assertThat(device.node().driverFeatures()).isZero();
            fact("4.3", "a reset takes queues and features away");
        }
    }

    @Test
    void memoryComesWithTheFirstRequest() throws Exception {
        try (var device = new ByHand(NAME)) {
            device.setUpQueues();
            new VduseAttributes(device.bare().host(), NAME).setBounceSize(BOUNCE);
            assertThat(device.node().iotlb(0, -1)).isEmpty();
            fact("2.3", "GET_FD is EINVAL before the first attach");
            device.attachAccepting();

            var info = device.node().queueInfo(0);
            assertThat(device.node().iotlb(0, BOUNCE - 1)).isEmpty();
            try (var memory = Mapping.anonymous(BOUNCE)) {
                assertThat(errno(() -> device.node().registerUserMemory(memory.address(), 0, BOUNCE)))
                        .isEqualTo(Errno.EINVAL);
            }
            fact("5.3", "before the first request there is no bounce buffer: GET_FD and REG_UMEM are EINVAL");

            var ring = device.node().iotlb(info.descAddress(), info.descAddress());
            show("ring", ring);
            long bytes = info.deviceAddress() - info.descAddress() + SplitRing.usedBytes(ByHand.QUEUE_SIZE);
            try (var _ = ring.orElseThrow().fd()) {
                assertThat(ring.get().start()).isEqualTo(info.descAddress()).isGreaterThanOrEqualTo(BOUNCE);
                assertThat(ring.get().last() - ring.get().start() + 1).isEqualTo(bytes);
                assertThat(ring.get().offset()).isEqualTo(ring.get().start());
                assertThat(ring.get().perm()).isEqualTo(VduseAbi.VDUSE_ACCESS_RW);
            }
            fact("5.4", "a ring is an entry of its exact size above the bounce buffer, at the offset of its IOVA");

            var serial = device.askSerial();
            Wait.until(
                    "the bounce buffer",
                    Shell.PATIENCE,
                    () -> device.node().iotlbInfo(0, BOUNCE - 1).isPresent());
            var bounce = device.node().iotlb(0, BOUNCE - 1);
            show("bounce", bounce);
            try (var _ = bounce.orElseThrow().fd()) {
                assertThat(bounce.get().start()).isZero();
                assertThat(bounce.get().last()).isEqualTo(BOUNCE - 1);
                assertThat(bounce.get().offset()).isZero();
                assertThat(bounce.get().perm()).isEqualTo(VduseAbi.VDUSE_ACCESS_RW);
                assertThat(device.node().iotlbInfo(0, BOUNCE - 1).orElseThrow().userMemory())
                        .isTrue();
            }
            fact("5.3", "with the first request the whole bounce buffer is one entry, at offset 0, for user memory");
            addresses(device.node());
            device.serveAndDetach(serial);
        }
    }

    private static void show(String what, Optional<IotlbEntry> entry) {
        entry.ifPresent(there -> Evidence.show(
                "%s: 0x%x to 0x%x, offset 0x%x, permission %d",
                what, there.start(), there.last(), there.offset(), there.perm()));
    }

    /** Looks at the descriptor of the one request there is, on whatever queue it is. */
    private static void addresses(VduseDevice node) throws Exception {
        for (int queue = 0; queue < Devices.cpus(); queue++) {
            var info = node.queueInfo(queue);
            var entry = node.iotlb(info.descAddress(), info.descAddress()).orElseThrow();
            try (var fd = entry.fd();
                    var ring = Mapping.shared(fd, entry.offset(), entry.last() - entry.start() + 1, true, false)) {
                long avail = ring.address() + info.driverAddress() - info.descAddress();
                if (NativeMemory.ALL.get(ValueLayout.JAVA_SHORT, avail + SplitRing.INDEX) == 0) {
                    continue;
                }
                long address = NativeMemory.ALL.get(ValueLayout.JAVA_LONG, ring.address());
                Evidence.show("the first descriptor of queue %d: 0x%x", queue, address);
                assertThat(address % PAGE).isZero();
                assertThat(address).isBetween(PAGE, BOUNCE - 1);
                fact("5.2", "IOVAs of requests are aligned to 4 KiB, never 0, and inside of the bounce buffer");
                return;
            }
        }
        throw new AssertionError("no queue has a request");
    }

    @Test
    void aKickIsRememberedAndAResetDropsItsEventfd() throws Exception {
        try (var device = new ByHand(NAME);
                var dropped = EventFd.create();
                var fresh = EventFd.create()) {
            device.setUpQueues();
            var attached = device.attach();
            for (int status : new int[] {0x00, 0x01, 0x03, 0x0b}) {
                device.accept(status);
            }
            var driverOk = device.next(0x0f);
            kickAll(device, dropped);
            device.node().replyOk(driverOk.id());
            ByHand.finish(attached);
            var serial = device.askSerial();
            Wait.until("a kick", Shell.PATIENCE, () -> dropped.drain() > 0);
            fact("4.2", "an eventfd that was set before DRIVER_OK is answered is kicked");
            device.serveAndDetach(serial);

            device.attachAccepting();
            assertThat(dropped.drain()).isZero();
            var again = device.askSerial();
            Wait.until(
                    "a request",
                    Shell.PATIENCE,
                    () -> device.node().iotlbInfo(0, 0).isPresent());
            Wait.pause(500);
            assertThat(dropped.drain()).isZero();
            fact("4.3", "a reset drops the eventfd");
            kickAll(device, fresh);
            Wait.until("the kick from before", Shell.PATIENCE, () -> fresh.drain() > 0);
            fact("4.2", "a kick without an eventfd is remembered and delivered when there is one");
            device.serveAndDetach(again);
        }
    }

    private static void kickAll(ByHand device, EventFd eventFd) throws Exception {
        for (int queue = 0; queue < Devices.cpus(); queue++) {
            device.node().setKick(queue, eventFd.fd());
        }
    }
}
