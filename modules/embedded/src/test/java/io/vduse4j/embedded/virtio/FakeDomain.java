package io.vduse4j.embedded.virtio;

import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.MemorySource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Bounce buffers in one piece of memory whose offsets are the addresses; whoever maps wrongly gets an exception. */
final class FakeDomain implements DmaDomain, MemorySource {

    static final int SLOT = 4096;
    private static final int COHERENT_BYTES = 1 << 20;

    private final int bounceBytes;
    private final MemorySegment space;
    private final GuestMemory memory;
    private final boolean[] taken;
    private final Map<Long, MemorySegment> mapped = new HashMap<>();
    private final Map<Long, Coherent> rings = new HashMap<>();
    private int most;
    private boolean vanishes;

    FakeDomain(int bounceBytes) {
        this.bounceBytes = bounceBytes;
        space = Arena.ofAuto().allocate((long) bounceBytes + COHERENT_BYTES, 4096);
        taken = new boolean[(bounceBytes + COHERENT_BYTES) / SLOT];
        taken[0] = true;
        memory = GuestMemory.of(
                space,
                1,
                List.of(new GuestMemory.Region(0, space.byteSize() - 1, 0, GuestMemory.READ | GuestMemory.WRITE)));
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public GuestMemory resolve(long address) {
        return memory;
    }

    MemorySegment space() {
        return space;
    }

    /** Mappings now. */
    synchronized int mappings() {
        return mapped.size();
    }

    synchronized int rings() {
        return rings.size();
    }

    /** The most mappings that there ever were. */
    synchronized int mostMappings() {
        return most;
    }

    /** From now on the memory is as if its file had been cut off. */
    synchronized void vanish() {
        vanishes = true;
    }

    @Override
    public long maxMappingSize() {
        return bounceBytes;
    }

    private long take(int first, int end, long size) {
        int slots = (int) ((size + SLOT - 1) / SLOT);
        for (int at = first, run = 0; at < end; at++) {
            run = taken[at] ? 0 : run + 1;
            if (run == slots) {
                for (int i = at - slots + 1; i <= at; i++) {
                    taken[i] = true;
                }
                return (long) (at - slots + 1) * SLOT;
            }
        }
        return MAPPING_ERROR;
    }

    private void give(long iova, long size) {
        for (int i = 0; i < (size + SLOT - 1) / SLOT; i++) {
            taken[(int) (iova / SLOT) + i] = false;
        }
    }

    @Override
    public synchronized long map(MemorySegment from, Direction direction) {
        check();
        if (from.byteSize() == 0) {
            throw new IllegalStateException("a mapping of nothing");
        }
        long iova = take(1, bounceBytes / SLOT, from.byteSize());
        if (iova == MAPPING_ERROR) {
            return MAPPING_ERROR;
        }
        boolean copied = false;
        try {
            if (direction != Direction.FROM_DEVICE) {
                MemorySegment.copy(from, 0, space, iova, from.byteSize());
            }
            copied = true;
        } finally {
            if (!copied) {
                give(iova, from.byteSize());
            }
        }
        mapped.put(iova, from);
        most = Math.max(most, mapped.size());
        return iova;
    }

    @Override
    public synchronized void unmap(long iova, MemorySegment to, Direction direction) {
        check();
        if (!to.equals(mapped.remove(iova))) {
            throw new IllegalArgumentException("not mapped at " + Long.toHexString(iova));
        }
        give(iova, to.byteSize());
        if (direction != Direction.TO_DEVICE) {
            MemorySegment.copy(space, iova, to, 0, to.byteSize());
        }
    }

    private void check() {
        if (vanishes) {
            throw new InternalError("a fault occurred in an unsafe memory access operation");
        }
    }

    @Override
    public synchronized Coherent allocateCoherent(long size) {
        long iova = take(bounceBytes / SLOT, taken.length, size);
        if (iova == MAPPING_ERROR) {
            return null;
        }
        var ring = new Coherent(iova, space.asSlice(iova, size).fill((byte) 0));
        rings.put(iova, ring);
        return ring;
    }

    @Override
    public synchronized void freeCoherent(Coherent ring) {
        if (!ring.equals(rings.remove(ring.iova()))) {
            throw new IllegalStateException("no ring: " + ring);
        }
        give(ring.iova(), ring.memory().byteSize());
    }
}
