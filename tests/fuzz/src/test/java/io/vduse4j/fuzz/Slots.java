package io.vduse4j.fuzz;

import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.DescriptorList;
import io.vduse4j.virtio.InFlight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** The slots of a queue, and what an in-flight log would be told of them: each step once and in order. */
final class Slots implements InFlight {

    /** Not 0, so that numbers of slots and of chains are not mistaken for each other. */
    private static final int FIRST = 3;

    static final int MOST = 64;
    private static final MemorySegment MEMORY = Arena.global().allocate((long) MOST * MOST * Chain.PIECE_BYTES, 16);

    final Chain[] chains;
    private final int capacity;
    private final boolean[] fetched;

    Slots(int size, int capacity) {
        this.capacity = capacity;
        chains = new Chain[size];
        fetched = new boolean[size];
        long bytes = (long) capacity * Chain.PIECE_BYTES;
        for (int i = 0; i < size; i++) {
            chains[i] = new Chain(FIRST + i, 0, MEMORY.asSlice(i * bytes, bytes));
        }
    }

    /** One more than the highest number of a slot. */
    int end() {
        return FIRST + chains.length;
    }

    @Override
    public void fetched(int slot, DescriptorList list) {
        require(!fetched[slot], "a slot is taken twice");
        fetched[slot] = true;
    }

    @Override
    public void completed(int slot) {
        require(fetched[slot], "a chain is given back twice");
        fetched[slot] = false;
    }

    @Override
    public void published(int nextUsed) {}

    /** The chain is what the model says. */
    void check(Chain chain, ModelChain model, long base) {
        same(chain.fault(), model.fault(), "fault");
        same(chain.id(), model.id, "id");
        require(chain.inFlight() && chains[chain.slot() - FIRST] == chain && fetched[chain.slot() - FIRST], "slot");
        if (!model.isForHandler()) {
            return;
        }
        same(chain.lastWritable(), model.last() < 0 ? -1 : base + model.last(), "last writable byte");
        same(chain.readableBytes(), model.readableBytes(), "readable bytes");
        same(chain.writableBytes(), model.writableBytes(), "writable bytes");
        same(chain.readablePieces(), model.readablePieces(), "readable pieces");
        same(chain.writablePieces(), model.writablePieces(), "writable pieces");
        long iov = chain.readableIov() - MEMORY.address();
        same(iov, (long) (chain.slot() - FIRST) * capacity * Chain.PIECE_BYTES, "place of the pieces");
        for (int i = 0; i < model.readablePieces() + model.writablePieces(); i++) {
            long at = iov + (long) i * Chain.PIECE_BYTES;
            same(MEMORY.get(ValueLayout.JAVA_LONG, at), base + model.place(i), "place of piece " + i);
            same(MEMORY.get(ValueLayout.JAVA_LONG, at + 8), (long) model.bytes(i), "length of piece " + i);
        }
    }

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static void same(Object is, Object wanted, String what) {
        if (!Objects.equals(is, wanted)) {
            throw new AssertionError(what + " is " + is + ", not " + wanted);
        }
    }
}
