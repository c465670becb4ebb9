package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.dataplane.inflight.InflightLogException;
import io.vduse4j.dataplane.inflight.QueueLog;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A log in which somebody has written: it is refused, and the ring is left as it is, or something is recovered; nothing else
 * happens (BUG-13).
 */
@Spec({"CR-02", "CR-03", "BUG-13"})
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class LogFuzzTest implements MemorySource {

    private static final int SIZE = 16;
    private static final int MUTATIONS = 50_000;
    private static final int MEMORY = 1 << 14;
    private static final long BASE = 0x1_0000;
    private static final long DATA = 0x2000;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment space = arena.allocate(MEMORY, 4096);
    private final MemorySegment pieces = arena.allocate((long) SIZE * SIZE * Chain.PIECE_BYTES, 16);
    private final GuestMemory table = GuestMemory.of(
            space,
            0,
            List.of(new GuestMemory.Region(BASE, BASE + MEMORY - 1, 0, GuestMemory.READ | GuestMemory.WRITE)));
    private final List<Chain> again = new ArrayList<>();

    @AfterEach
    void free() {
        arena.close();
    }

    @Override
    public GuestMemory memory() {
        return table;
    }

    @Override
    public GuestMemory resolve(long address) {
        return table;
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void isRefusedOrRecovered(boolean packed, boolean diesInABatch) {
        Random random = new Random(13);
        MemorySegment region = arena.allocate(InflightLog.bytes(1, SIZE, packed), 64);
        long features = packed ? VirtioFeatures.RING_PACKED : 0;
        RingAddresses rings = RingAddresses.contiguous(packed, SIZE, 16, 0, BASE);
        live(region, rings, features, random, diesInABatch);
        byte[] goodRegion = region.toArray(ValueLayout.JAVA_BYTE);
        byte[] goodSpace = space.toArray(ValueLayout.JAVA_BYTE);
        int refused = 0;
        int recovered = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            MemorySegment.copy(goodRegion, 0, region, ValueLayout.JAVA_BYTE, 0, goodRegion.length);
            MemorySegment.copy(goodSpace, 0, space, ValueLayout.JAVA_BYTE, 0, goodSpace.length);
            mutate(region, random);
            try {
                goOn(region, rings, features);
                recovered++;
            } catch (InflightLogException expected) {
                refused++;
                assertThat(space.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(goodSpace);
            }
        }
        assertThat(refused).isGreaterThan(MUTATIONS / 20);
        assertThat(recovered).isGreaterThan(MUTATIONS / 20);
    }

    /** Leaves some chains given back, some in flight, some not taken; and a batch of two of which one is shown. */
    private void live(MemorySegment region, RingAddresses rings, long features, Random random, boolean diesInABatch) {
        VirtqueueDriver driver = VirtqueueDriver.of(space, rings, features, VirtqueueState.start(features != 0));
        for (int i = 0; i < SIZE / 2; i++) {
            ChainBuffers chain = new ChainBuffers().readable(BASE + DATA, 8);
            driver.add(i % 2 == 0 ? chain : chain.readable(BASE + DATA + 16, 8));
        }
        driver.publish();
        QueueLog log = new InflightLog(region, 1, SIZE, features != 0).queue(0, SIZE);
        var told = new PartShown(log, space, rings.descHost(), features != 0);
        Virtqueue queue = queue(told, rings, features, VirtqueueState.start(features != 0));
        log.begin(queue.state().used());
        List<Chain> taken = new ArrayList<>();
        for (int i = 0; i < SIZE / 2 - 1; i++) {
            taken.add(queue.take());
        }
        queue.push(taken.remove(random.nextInt(taken.size())), 0);
        queue.publish();
        for (int i = 0; i < 2; i++) {
            queue.push(taken.remove(random.nextInt(taken.size())), 0);
            if (!diesInABatch) {
                queue.publish();
            }
        }
        if (diesInABatch) {
            told.dies = true;
            queue.publish();
        }
    }

    /** Once it is to die, the last chain of a batch is not shown in a packed ring, and the log is not told the end. */
    private static final class PartShown extends WatchedRing {
        private final boolean packed;
        private boolean dies;

        PartShown(QueueLog log, MemorySegment space, long ring, boolean packed) {
            super(log, log, space, ring, SIZE);
            this.packed = packed;
        }

        @Override
        public void published(int nextUsed) {
            if (!dies) {
                super.published(nextUsed);
            } else if (packed) {
                takeBack(List.of(changed().getLast()));
            }
        }
    }

    private Virtqueue queue(InFlight log, RingAddresses rings, long features, VirtqueueState start) {
        Chain[] slots = new Chain[SIZE];
        long bytes = (long) SIZE * Chain.PIECE_BYTES;
        for (int i = 0; i < SIZE; i++) {
            slots[i] = new Chain(i, 0, pieces.asSlice(i * bytes, bytes));
        }
        Virtqueue queue = Virtqueue.of(0, SIZE, features, start, this, log, slots);
        assertThat(queue.attach(rings.desc(), rings.driver(), rings.device())).isTrue();
        return queue;
    }

    private static void mutate(MemorySegment region, Random random) {
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            long at = random.nextBoolean() ? random.nextInt(32) : random.nextLong(region.byteSize());
            byte value = (byte) (random.nextBoolean() ? random.nextInt(SIZE + 2) : random.nextInt());
            region.set(ValueLayout.JAVA_BYTE, at, value);
        }
    }

    private void goOn(MemorySegment region, RingAddresses rings, long features) throws InflightLogException {
        InflightLog logs = new InflightLog(region, 1, SIZE, features != 0);
        QueueLog log = logs.queue(0, SIZE);
        VirtqueueState from = features == 0 ? VirtqueueState.FROM_USED : VirtqueueState.PACKED_START;
        Virtqueue queue = queue(log, rings, features, from);
        again.clear();
        var resubmission = new Resubmission(0, queue, log, logs);
        for (int i = 0; i < 2; i++) {
            resubmission.step((chain, poison) -> again.add(chain));
        }
        assertThat(resubmission.isOver()).isTrue();
        assertThat(again.size()).isLessThanOrEqualTo(SIZE);
        for (int i = 0; i < 2 * SIZE; i++) {
            Chain chain = queue.take();
            if (chain != null) {
                again.add(chain);
            }
        }
        for (Chain chain : again) {
            queue.push(chain, 0);
        }
        queue.publish();
    }
}
