package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Spec("kernel-behaviour 3")
@Timeout(60)
class MessagesTest {
    private static final int MESSAGE = DevRequestLayout.SIZE;
    private static final int IN = VduseNode.POLLIN;
    private static final int OUT = VduseNode.POLLOUT;
    private static final int ERR = VduseNode.POLLERR;

    private final Machine machine;
    private final VdpaOps device;
    private VduseNode node;

    MessagesTest() throws Exception {
        machine = new Machine();
        node = machine.device("disk0");
        device = machine.attach("disk0");
    }

    @AfterEach
    void close() {
        machine.close();
    }

    /** A driver's call that waits for a reply; it is sent when this returns. */
    private <T> CompletableFuture<T> sent(Supplier<T> call) {
        var future = CompletableFuture.supplyAsync(
                call, task -> Thread.ofPlatform().daemon().start(task));
        assertThat(node.poll(IN, 20_000)).as("a message comes").isEqualTo(IN);
        return future;
    }

    private CompletableFuture<Integer> setStatus(int status) {
        return sent(() -> {
            device.setStatus(status);
            return device.status();
        });
    }

    private MemorySegment read() {
        var message = Raw.zeros(MESSAGE);
        assertThat(node.read(message)).isEqualTo(MESSAGE);
        return message;
    }

    private int readId() {
        return read().get(JAVA_INT, DevRequestLayout.REQUEST_ID);
    }

    private void awaitQueued(int messages) throws Exception {
        // The node shows only that there is one; each sender's thread is waiting when its message is queued.
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (Thread.getAllStackTraces().entrySet().stream()
                        .filter(entry -> Arrays.stream(entry.getValue())
                                .anyMatch(frame -> frame.getMethodName().equals("send")
                                        && frame.getClassName().endsWith("MessageQueue")))
                        .filter(entry -> entry.getKey().getState() == Thread.State.TIMED_WAITING)
                        .count()
                < messages) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    @Test
    @Spec("kernel-behaviour 11 item 2")
    void idsBeginAtZeroAndOutliveResetAndReopening() throws Exception {
        var first = setStatus(1);
        var message = read();
        assertThat(message.get(JAVA_INT, DevRequestLayout.TYPE)).isEqualTo(1);
        assertThat(message.get(JAVA_INT, DevRequestLayout.REQUEST_ID)).isZero();
        assertThat(Raw.u8(message, DevRequestLayout.STATUS)).isEqualTo(1);
        assertThat(message.asSlice(8, 16).mismatch(Raw.zeros(16))).isEqualTo(-1);
        assertThat(message.asSlice(25).mismatch(Raw.zeros(MESSAGE - 25)))
                .as("the rest is zero")
                .isEqualTo(-1);
        assertThat(node.write(Raw.reply(0, 0))).isEqualTo(MESSAGE);
        assertThat(first.get()).isEqualTo(1);
        var reset = sent(device::reset);
        assertThat(readId()).isEqualTo(1);
        assertThat(node.write(Raw.reply(1, 0))).isEqualTo(MESSAGE);
        assertThat(reset.get()).isZero();
        node.close();
        node = machine.open("disk0");
        var last = setStatus(1);
        assertThat(readId()).isEqualTo(2);
        assertThat(node.write(Raw.reply(2, 0))).isEqualTo(MESSAGE);
        assertThat(last.get()).isEqualTo(1);
    }

    @Test
    @Spec("kernel-behaviour 11 item 3")
    void aShortReadIsEinvalBeforeAnythingElse() throws Exception {
        assertThat(node.read(Raw.zeros(MESSAGE - 1))).isEqualTo(-Errno.EINVAL);
        assertThat(node.read(MemorySegment.NULL)).isEqualTo(-Errno.EINVAL);
        assertThat(node.read(Raw.zeros(MESSAGE))).isEqualTo(-Errno.EAGAIN);
        var status = setStatus(1);
        assertThat(node.read(Raw.zeros(MESSAGE - 1))).isEqualTo(-Errno.EINVAL);
        assertThat(node.read(Raw.zeros(MESSAGE).asReadOnly())).isEqualTo(-Errno.EFAULT);
        var large = Raw.zeros(1024);
        assertThat(node.read(large)).as("still the first, one message a call").isEqualTo(MESSAGE);
        assertThat(large.asSlice(MESSAGE).mismatch(Raw.zeros(1024 - MESSAGE))).isEqualTo(-1);
        assertThat(node.write(Raw.reply(0, 0))).isEqualTo(MESSAGE);
        assertThat(status.get()).isEqualTo(1);
    }

    @Test
    @Spec("kernel-behaviour 11 item 4")
    void repliesAreCheckedInOrder() throws Exception {
        var status = setStatus(1);
        assertThat(node.write(Raw.reply(0, 0))).as("not read yet").isEqualTo(-Errno.ENOENT);
        assertThat(readId()).isZero();
        assertThat(node.write(Raw.zeros(MESSAGE - 1))).isEqualTo(-Errno.EINVAL);
        for (int dirty : new int[] {8, 23}) {
            var reply = Raw.reply(0, 0);
            reply.set(JAVA_BYTE, dirty, (byte) 1);
            assertThat(node.write(reply)).isEqualTo(-Errno.EINVAL);
        }
        assertThat(node.write(Raw.reply(1, 0))).isEqualTo(-Errno.ENOENT);
        var large = Raw.zeros(1024);
        large.asSlice(24).fill((byte) -1);
        assertThat(node.write(large)).as("the rest is not looked at").isEqualTo(MESSAGE);
        assertThat(node.write(Raw.reply(0, 0))).as("twice").isEqualTo(-Errno.ENOENT);
        assertThat(status.get()).isEqualTo(1);
    }

    @Test
    void repliesMayComeInAnyOrder() throws Exception {
        var first = setStatus(1);
        var second = sent(() -> device.vqState(0));
        awaitQueued(2);
        assertThat(readId()).isZero();
        assertThat(readId()).isEqualTo(1);
        assertThat(node.write(Raw.reply(1, 0))).isEqualTo(MESSAGE);
        assertThat(second.get()).isZero();
        assertThat(first).isNotDone();
        assertThat(node.write(Raw.reply(0, 7))).isEqualTo(MESSAGE);
        assertThat(first.get()).as("any result but 0 is a refusal").isZero();
    }

    @Test
    @Spec("kernel-behaviour 11 item 5")
    void outMeansThatAReplyIsOwed() throws Exception {
        assertThat(node.poll(IN | OUT, 0)).isZero();
        var status = setStatus(1);
        assertThat(node.poll(IN | OUT, 0)).isEqualTo(IN);
        assertThat(node.poll(OUT, 0)).isZero();
        assertThat(readId()).isZero();
        assertThat(node.poll(IN | OUT, 0)).isEqualTo(OUT);
        assertThat(node.write(Raw.reply(0, 0))).isEqualTo(MESSAGE);
        assertThat(status.get()).isEqualTo(1);
        assertThat(node.poll(IN | OUT, 0)).isZero();
    }

    @Test
    void aWakeEndsThisOrTheNextWait() throws Exception {
        node.wake();
        assertThat(node.poll(IN, 0)).as("who only looks leaves it").isZero();
        assertThat(node.poll(IN, -1)).isZero();
        long before = System.nanoTime();
        assertThat(node.poll(IN, 30)).as("consumed").isZero();
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(30_000_000);
        var waiter = CompletableFuture.supplyAsync(() -> node.poll(IN, -1));
        Thread.sleep(20);
        node.wake();
        assertThat(waiter.get(20, TimeUnit.SECONDS)).isZero();
        var closed = CompletableFuture.supplyAsync(() -> node.poll(IN, -1));
        Thread.sleep(20);
        node.close();
        assertThat(closed.get(20, TimeUnit.SECONDS)).isEqualTo(-Errno.EBADF);
    }

    @Test
    @Spec("kernel-behaviour 11 item 6")
    void silenceBreaksTheDeviceForGood() throws Exception {
        machine.kernel.writeAttribute("disk0", "msg_timeout", "1");
        long before = System.nanoTime();
        var late = setStatus(1);
        var other = sent(() -> device.vqState(0));
        assertThat(readId()).isZero();
        assertThat(node.poll(OUT, 0)).isEqualTo(OUT);
        assertThat(late.get()).as("refused").isZero();
        assertThat(System.nanoTime() - before).isBetween(1_000_000_000L, 10_000_000_000L);
        assertThat(other.get()).as("all others fail with it").isEqualTo(-Errno.EIO);
        assertThat(node.poll(IN | OUT, 0)).isEqualTo(ERR);
        assertThat(node.poll(0, -1)).as("is always reported").isEqualTo(ERR);
        assertThat(node.read(Raw.zeros(MESSAGE))).isEqualTo(-Errno.EAGAIN);
        assertThat(node.write(Raw.reply(0, 0))).isEqualTo(-Errno.ENOENT);
        for (int request : new int[] {VduseIoctl.VDUSE_DEV_GET_FEATURES, VduseIoctl.VDUSE_VQ_SETUP, 0x12345678}) {
            assertThat(node.ioctl(request, MemorySegment.NULL)).isEqualTo(-Errno.EPERM);
        }
        long after = System.nanoTime();
        assertThat(device.reset()).isEqualTo(-Errno.EIO);
        assertThat(device.vqState(0)).isEqualTo(-Errno.EIO);
        assertThat(System.nanoTime() - after).as("at once").isLessThan(900_000_000L);
        node.close();
        node = machine.open("disk0");
        assertThat(node.poll(IN, 0)).as("also for the next").isEqualTo(ERR);
        assertThat(machine.vdpa(4, "disk0").errno()).isZero();
        assertThat(machine.vdpa(3, "disk0").errno()).as("DEV_NEW succeeds").isZero();
    }

    @Test
    @Spec("kernel-behaviour 11 item 7")
    void theNextOpenerReadsWhatIsOwedFirstInItsOrder() throws Exception {
        var first = setStatus(1);
        var second = sent(() -> device.vqState(1));
        awaitQueued(2);
        assertThat(readId()).isZero();
        assertThat(readId()).isEqualTo(1);
        var third = sent(() -> device.vqState(0));
        awaitQueued(3);
        node.close();
        node = machine.open("disk0");
        assertThat(node.write(Raw.reply(0, 0))).as("to be read again").isEqualTo(-Errno.ENOENT);
        for (int id = 0; id < 3; id++) {
            assertThat(readId()).isEqualTo(id);
            assertThat(node.write(Raw.reply(id, 0))).isEqualTo(MESSAGE);
        }
        assertThat(first.get()).isEqualTo(1);
        assertThat(second.get()).isZero();
        assertThat(third.get()).isZero();
    }

    @Test
    void aSenderThatIsKilledBreaksNothing() throws Exception {
        var result = new CompletableFuture<Long>();
        var sender = Thread.ofPlatform().daemon().start(() -> result.complete(device.vqState(0)));
        assertThat(node.poll(IN, 20_000)).isEqualTo(IN);
        assertThat(readId()).isZero();
        sender.interrupt();
        assertThat(result.get()).isEqualTo(-Errno.EIO);
        assertThat(node.write(Raw.reply(0, 0))).isEqualTo(-Errno.ENOENT);
        assertThat(node.poll(IN | OUT, 0)).isZero();
        var status = setStatus(1);
        assertThat(readId()).isEqualTo(1);
        assertThat(node.write(Raw.reply(1, 0))).isEqualTo(MESSAGE);
        assertThat(status.get()).isEqualTo(1);
    }

    @Test
    void withoutALimitOnlyTheEndOfTheKernelEndsAWait() throws Exception {
        machine.kernel.writeAttribute("disk0", "msg_timeout", "0");
        var status = sent(() -> device.reset());
        Thread.sleep(50);
        assertThat(status).isNotDone();
        machine.kernel.close();
        assertThat(status.get(20, TimeUnit.SECONDS)).isEqualTo(-Errno.EIO);
        assertThat(node.poll(IN, 0)).isEqualTo(ERR);
    }
}
