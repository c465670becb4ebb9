package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.SimpleBackends;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.Framing;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.vhostuser.VhostUserWire;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The one field of a disk that a driver writes: its write cache. */
@Timeout(120)
class WritebackTest {

    private static final int SECTORS = 64;
    private static final int DEPTH = 4;
    private static final int SWITCHES = 60;
    private static final byte ON = 1;
    private static final byte OFF = 0;

    private static byte writeback(VhostUserFrontEnd frontEnd) throws Exception {
        return frontEnd.config(BlkConfig.WRITEBACK, 1)[0];
    }

    @Test
    @Spec({"VU-05", "DU-02", "VB-03"})
    void onlyTheFieldIsWrittenAtAnyOffsetAndLength() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.started()) {
            assertThat(frontEnd.features() & BlkFeatures.CONFIG_WCE).isNotZero();
            byte[] all = frontEnd.config(0, 256);
            for (int offset = -1; offset <= 257; offset++) {
                for (int length : new int[] {0, 1, 2, 4, 8, 60, 256, 257}) {
                    if (offset != BlkConfig.WRITEBACK || length != 1) {
                        assertThat(frontEnd.setConfig(offset, new byte[length]))
                                .as(length + " bytes at " + offset)
                                .isNotZero();
                    }
                }
            }
            for (int value = 2; value < 256; value++) {
                assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, (byte) value))
                        .as("value " + value)
                        .isNotZero();
            }
            for (int flags : new int[] {1, 2, 3, -1, 1 << 31}) { // a migration does not switch it
                ByteBuffer request =
                        Steps.config(BlkConfig.WRITEBACK, 1).putInt(8, flags).put(12, OFF);
                assertThat(frontEnd.socket().acknowledged(VhostUserRequest.SET_CONFIG, request))
                        .as("flags " + flags)
                        .isNotZero();
            }
            assertThat(frontEnd.config(0, 256)).isEqualTo(all);
            assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, OFF)).isZero();
            all[BlkConfig.WRITEBACK] = OFF;
            assertThat(frontEnd.config(0, 256)).isEqualTo(all);
        }
    }

    @Test
    @Spec({"VB-01", "VB-02", "VD-04"})
    void whoHasNotAcceptedItCannotSwitch() throws Exception {
        long all = VhostUserFrontEnd.supported();
        try (var rig = new UserRig()) {
            try (var frontEnd = rig.connect()) {
                frontEnd.negotiate(all & ~BlkFeatures.CONFIG_WCE, VhostUserFeatures.OFFERED);
                assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, OFF)).isNotZero();
                assertThat(writeback(frontEnd)).isEqualTo(ON);
            }
            try (var frontEnd = rig.connect()) {
                frontEnd.negotiate(all & ~BlkFeatures.FLUSH, VhostUserFeatures.OFFERED);
                assertThat(writeback(frontEnd)).isEqualTo(OFF);
                assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, ON)).isNotZero();
                assertThat(writeback(frontEnd)).isEqualTo(OFF);
            }
        }
        var readOnly = new BackendOptions(OptionalLong.empty(), OptionalInt.empty(), true, false, false);
        try (var rig = new UserRig(Backends.open("null:16M", readOnly));
                var frontEnd = rig.started()) {
            assertThat(frontEnd.features() & BlkFeatures.RO).isNotZero();
            assertThat(frontEnd.features() & BlkFeatures.CONFIG_WCE).isZero();
            assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, ON)).isNotZero();
        }
    }

    /** QEMU shows the next driver what it was told last, and never asks again. */
    @Test
    @Spec("DU-02")
    void theModeOutlivesResetsAndFrontEnds() throws Exception {
        try (var rig = new UserRig()) {
            try (var frontEnd = rig.started()) {
                assertThat(writeback(frontEnd)).isEqualTo(ON);
                assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, OFF)).isZero();
                frontEnd.socket().request(VhostUserRequest.RESET_DEVICE, FrontEndSocket.payload(0));
                assertThat(writeback(frontEnd)).isEqualTo(OFF);
            }
            try (var frontEnd = rig.connect()) {
                frontEnd.socket().acknowledge(0);
                assertThat(frontEnd.socket().askNumber(VhostUserRequest.GET_FEATURES))
                        .isNotZero();
                frontEnd.negotiate();
                assertThat(writeback(frontEnd)).isEqualTo(OFF);
                assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, ON)).isZero();
                assertThat(writeback(frontEnd)).isEqualTo(ON);
            }
        }
    }

    /** A front end that does not ask for replies sees by the next answer that it is done. */
    @Test
    @Spec("DU-02")
    void withoutRepliesTheNextAnswerComesAfterTheFlush() throws Exception {
        var storage = new LosingStorage(SECTORS * 512);
        try (var rig = new UserRig(backend(storage));
                var frontEnd = rig.connect()) {
            frontEnd.negotiate(VhostUserFrontEnd.supported(), VhostUserFeatures.OFFERED & ~VhostUserFeatures.REPLY_ACK);
            frontEnd.start(1, UserRig.SIZE, 0, DEPTH);
            frontEnd.queue(0)
                    .run(BlkCommand.write(0, new byte[512]), Framing.CLASSIC)
                    .require();
            assertThat(storage.dirty()).isEqualTo(1);
            frontEnd.setConfig(BlkConfig.WRITEBACK, OFF);
            assertThat(writeback(frontEnd)).isEqualTo(OFF);
            assertThat(storage.dirty()).isZero();
            frontEnd.socket()
                    .send(VhostUserRequest.SET_CONFIG.id(), VhostUserWire.VERSION, Steps.config(BlkConfig.CAPACITY, 8));
            assertThat(frontEnd.socket().awaitEnd())
                    .as("refused without a reply")
                    .isTrue();
        }
    }

    private static Backend backend(LosingStorage storage) throws Exception {
        return SimpleBackends.adapt(storage, "losing", 2, MemoryBudget.process());
    }

    /**
     * The cache is switched under load. Whenever it is off, everything that has completed would survive a loss of power:
     * what completed before, what was under way, what came since.
     */
    @Test
    @Spec({"DU-02", "VB-11"})
    void nothingThatHasCompletedIsLostWhileTheCacheIsOff() throws Exception {
        var storage = new LosingStorage(SECTORS * 512);
        try (var rig = new UserRig(backend(storage));
                var frontEnd = rig.started()) {
            var writer = new Writer(frontEnd.queue(0));
            Thread thread = Thread.ofPlatform().name("writer").start(writer);
            int lost = 0;
            try {
                for (int i = 0; i < SWITCHES; i++) {
                    writer.awaitWrites(10);
                    lost += storage.dirty();
                    assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, OFF)).isZero();
                    for (int round = 0; round < 5; round++) {
                        for (int sector = 0; sector < SECTORS; sector++) {
                            long completed = writer.completed.get(sector);
                            assertThat(storage.stable(sector))
                                    .as("sector " + sector)
                                    .isGreaterThanOrEqualTo(completed);
                        }
                        writer.awaitWrites(2);
                    }
                    assertThat(frontEnd.setConfig(BlkConfig.WRITEBACK, ON)).isZero();
                }
            } finally {
                writer.over = true;
                thread.join();
            }
            assertThat(writer.failure).isNull();
            assertThat(lost).as("something would have been lost with the cache").isPositive();
        }
    }

    /** Writes sectors in turn, several at once, each with a higher number than before. */
    private static final class Writer implements Runnable {
        final AtomicLongArray completed = new AtomicLongArray(SECTORS);
        final AtomicLong writes = new AtomicLong();
        volatile boolean over;
        volatile Throwable failure;
        private final BlkDriver queue;

        Writer(BlkDriver queue) {
            this.queue = queue;
        }

        void awaitWrites(int more) {
            long until = writes.get() + more;
            long end = System.nanoTime() + UserRig.PATIENCE.toNanos();
            while (writes.get() < until) {
                assertThat(failure).isNull();
                assertThat(System.nanoTime() - end).as("written in time").isNegative();
                LockSupport.parkNanos(50_000);
            }
        }

        @Override
        public void run() {
            try {
                for (long number = 1; !over; number += DEPTH) {
                    for (int i = 0; i < DEPTH; i++) {
                        byte[] data = ByteBuffer.allocate(512)
                                .order(ByteOrder.nativeOrder())
                                .putLong(0, number + i)
                                .array();
                        queue.submit(BlkCommand.write(sector(number + i), data), Framing.CLASSIC);
                    }
                    for (int i = 0; i < DEPTH; i++) {
                        queue.await().require();
                    }
                    for (int i = 0; i < DEPTH; i++) {
                        completed.set(sector(number + i), number + i);
                    }
                    writes.addAndGet(DEPTH);
                }
            } catch (RuntimeException | Error e) {
                failure = e;
            }
        }

        private static int sector(long number) {
            return (int) (number % SECTORS);
        }
    }
}
