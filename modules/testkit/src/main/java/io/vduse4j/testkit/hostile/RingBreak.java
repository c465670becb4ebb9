package io.vduse4j.testkit.hostile;

import static io.vduse4j.virtio.SplitRing.DESC_NEXT;

import io.vduse4j.virtio.Fault;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** How a driver breaks a ring: the queue stops until the device is reset. Nothing else may be in flight. */
public enum RingBreak {
    /** The available ring names a descriptor that is not there. */
    HEAD_OUT_OF_RANGE(false, Fault.HEAD_OUT_OF_RANGE) {
        @Override
        void apply(RawRing ring, RawChain slow, Random random) {
            var split = (RawSplitRing) ring;
            split.place(slow);
            int sound = split.lastHead();
            split.placeHead(random.nextBoolean() ? ring.size() : ring.size() + random.nextInt(0x10000 - ring.size()));
            split.placeHead(sound);
            split.publish();
        }
    },
    /** A head is made available again while the device has it. */
    HEAD_TWICE(false, Fault.HEAD_IN_FLIGHT) {
        @Override
        void apply(RawRing ring, RawChain slow, Random random) {
            var split = (RawSplitRing) ring;
            split.place(slow);
            split.placeHead(split.lastHead());
            split.publish();
        }
    },
    /** The available index moves back (VS-12). */
    INDEX_BACK(false, Fault.AVAIL_INDEX_JUMP) {
        @Override
        void apply(RawRing ring, RawChain slow, Random random) {
            var split = (RawSplitRing) ring;
            split.publishIndex(split.nextAvail() - 1 - random.nextInt(ring.size()));
        }
    },
    /** The available index moves on by more than the ring has (VS-12). */
    INDEX_JUMP(false, Fault.AVAIL_INDEX_JUMP) {
        @Override
        void apply(RawRing ring, RawChain slow, Random random) {
            var split = (RawSplitRing) ring;
            split.publishIndex(split.nextAvail() + ring.size() + 1 + random.nextInt(0x8000 - ring.size()));
        }
    },
    /** Every descriptor says that the list goes on (VP-09, BUG-02). */
    ENDLESS_LIST(true, Fault.LIST_ENDLESS) {
        @Override
        void apply(RawRing ring, RawChain slow, Random random) {
            var packed = (RawPackedRing) ring;
            for (int i = 0; i < ring.size(); i++) {
                packed.placeOne(new RawDescriptor(random.nextLong(), random.nextInt(), DESC_NEXT, 0), i, true);
            }
            packed.publish();
        }
    },
    /** A list that goes on into descriptors that the device has. */
    LIST_OVER_LIST(true, Fault.DESCRIPTORS_IN_FLIGHT) {
        @Override
        void apply(RawRing ring, RawChain slow, Random random) {
            var packed = (RawPackedRing) ring;
            packed.place(slow);
            for (int i = ring.room(); i > 0; i--) {
                packed.placeOne(new RawDescriptor(random.nextLong(), random.nextInt(), DESC_NEXT, 0), i, true);
            }
            packed.publish();
        }
    };

    private final boolean packed;
    private final Fault fault;

    RingBreak(boolean packed, Fault fault) {
        this.packed = packed;
        this.fault = fault;
    }

    /** What the device must count, once. */
    public Fault fault() {
        return fault;
    }

    /**
     * Breaks a ring.
     *
     * @param slow a request that a device does not finish in the round in which it takes it; it must come back if it is placed
     */
    abstract void apply(RawRing ring, RawChain slow, Random random);

    /** Those of a format. */
    static List<RingBreak> of(boolean packed) {
        return Arrays.stream(values()).filter(one -> one.packed == packed).toList();
    }
}
