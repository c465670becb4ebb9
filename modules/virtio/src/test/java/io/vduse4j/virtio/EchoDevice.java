package io.vduse4j.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The model's device: answers each chain with what it was sent, late and out of order. */
final class EchoDevice {

    private final Virtqueue queue;
    private final Random random;
    private final List<Chain> inFlight = new ArrayList<>();
    private final MemorySegment scratch = Arena.ofAuto().allocate(EchoMemory.PART_BYTES);
    private int fetched;
    private int pushed;

    EchoDevice(EchoMemory memory, long features, VirtqueueState start, Random random) {
        this.random = random;
        RingAddresses rings = memory.rings;
        Chain[] slots = new Chain[rings.size()];
        // A descriptor may be cut by a border between regions, and a part of the data area has a few of them.
        int pieces = rings.size() + 64;
        for (int i = 0; i < slots.length; i++) {
            slots[i] = TestMemory.chain(i, pieces);
        }
        queue = Virtqueue.of(0, rings.size(), features, start, memory.memory, InFlight.NONE, slots);
        assertThat(queue.attach(rings.desc(), rings.driver(), rings.device())).isTrue();
    }

    Virtqueue ring() {
        return queue;
    }

    int fetched() {
        return fetched;
    }

    int pushed() {
        return pushed;
    }

    int inFlight() {
        return inFlight.size();
    }

    /** How much of the writable bytes the device writes: any rule will do that both sides know. */
    static int length(byte[] sent, int writable) {
        return writable == 0 ? 0 : Math.floorMod(Arrays.hashCode(sent), writable + 1);
    }

    /** Takes up to so many chains. */
    void take(int most) {
        for (int i = 0; i < most; i++) {
            Chain chain = queue.take();
            if (chain == null) {
                assertThat(queue.fault()).isNull();
                return;
            }
            assertThat(chain.fault()).isNull();
            assertThat(inFlight).doesNotContain(chain);
            fetched++;
            inFlight.add(chain);
        }
    }

    /** Answers up to so many chains, in any order; true if the driver is to be interrupted. */
    boolean answer(int most) {
        for (int i = 0; i < most && !inFlight.isEmpty(); i++) {
            Chain chain = inFlight.remove(random.nextInt(inFlight.size()));
            byte[] sent = new byte[(int) chain.readableBytes()];
            int first = random.nextInt(sent.length + 1);
            chain.consume(scratch, first);
            MemorySegment.copy(scratch, ValueLayout.JAVA_BYTE, 0, sent, 0, first);
            chain.consume(scratch, sent.length - first);
            MemorySegment.copy(scratch, ValueLayout.JAVA_BYTE, 0, sent, first, sent.length - first);
            int length = length(sent, (int) chain.writableBytes());
            scratch.asSlice(0, length).copyFrom(MemorySegment.ofArray(EchoDriver.answer(sent, length)));
            chain.fill(scratch.asSlice(0, length));
            queue.push(chain, length);
            pushed++;
        }
        if (!queue.hasUnpublished()) {
            return false;
        }
        queue.publish();
        return queue.wantsInterrupt();
    }
}
