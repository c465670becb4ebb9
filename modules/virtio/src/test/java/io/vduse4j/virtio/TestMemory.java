package io.vduse4j.virtio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * A driver's memory for tests: a bounded segment, so that an access outside of it throws IndexOutOfBoundsException, and
 * a table that can be changed at any time.
 */
final class TestMemory implements MemorySource {

    final MemorySegment space;
    private volatile GuestMemory memory;
    /** Called by resolve; may change the memory behind the walker's back. */
    Runnable onResolve = () -> {};

    int resolved;

    TestMemory(long bytes, GuestMemory.Region... regions) {
        space = Arena.ofAuto().allocate(bytes, 4096);
        memory = GuestMemory.of(space, 1, List.of(regions));
    }

    /** All of it is one region at a device address. */
    static TestMemory flat(long bytes, long first) {
        return new TestMemory(bytes, region(first, bytes, 0));
    }

    static GuestMemory.Region region(long first, long bytes, long host) {
        return region(first, bytes, host, GuestMemory.READ | GuestMemory.WRITE);
    }

    static GuestMemory.Region region(long first, long bytes, long host, int access) {
        return new GuestMemory.Region(first, first + bytes - 1, host, access);
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public GuestMemory resolve(long address) {
        resolved++;
        onResolve.run();
        return memory;
    }

    /** Adds a region in the same generation. */
    void grant(GuestMemory.Region region) {
        memory = memory.with(region);
    }

    /** A new generation. */
    void replace(GuestMemory.Region... regions) {
        memory = GuestMemory.of(space, memory.generation() + 1, List.of(regions));
    }

    /** Writes a descriptor. */
    void descriptor(long table, int index, long address, long length, int flags, int next) {
        long at = table + 16L * index;
        space.set(SplitRing.LE64, at, address);
        space.set(SplitRing.LE32, at + 8, (int) length);
        space.set(SplitRing.LE16, at + 12, (short) flags);
        space.set(SplitRing.LE16, at + 14, (short) next);
    }

    int u16(long at) {
        return Short.toUnsignedInt(space.get(SplitRing.LE16, at));
    }

    void u16(long at, int value) {
        space.set(SplitRing.LE16, at, (short) value);
    }

    /** Fills a range with bytes made from their offsets. */
    void pattern(long at, long bytes, LongUnaryOperator value) {
        for (long i = 0; i < bytes; i++) {
            space.set(ValueLayout.JAVA_BYTE, at + i, (byte) value.applyAsLong(i));
        }
    }

    byte u8(long at) {
        return space.get(ValueLayout.JAVA_BYTE, at);
    }

    /** Native memory for some pieces. */
    static MemorySegment pieces(int pieces) {
        return Arena.ofAuto().allocate((long) pieces * Chain.PIECE_BYTES, 16);
    }

    /** A slot with room for some pieces. */
    static Chain chain(int slot, int pieces) {
        return new Chain(slot, 0, pieces(pieces));
    }
}
