package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.MemoryBudgetException;
import java.io.IOException;

/**
 * Gives a backend private buffers in place of the driver's memory: always, for a backend that says {@link
 * Limits#needsCopy} (a native library dies with the JVM if memory vanishes under it: J-01), or only for memory that is
 * not aligned as O_DIRECT needs it. The memory comes from a budget (J-05): each channel has a fixed piece, and requests
 * that find no room in it wait for others to complete.
 */
public final class CopyingBackend extends FilterBackend {
    /** Longest transfer in bytes: what Linux sends at most unless told otherwise (BLK_DEF_MAX_SECTORS_CAP). */
    public static final long MAX_TRANSFER = 4 << 20;

    /** Memory of a channel in bytes: one request fills it half. */
    private static final long CHANNEL_BYTES = 2 * MAX_TRANSFER;

    private final int alignment;
    private final MemoryBudget budget;
    private final Limits limits;

    private CopyingBackend(Backend inner, int alignment, MemoryBudget budget) {
        super(inner);
        this.alignment = alignment;
        this.budget = budget;
        var below = inner.limits();
        this.limits = below.copied(Math.min(below.maxTransfer(), MAX_TRANSFER));
    }

    /**
     * Copies every read and write.
     *
     * @param inner the backend below
     * @param budget pays for the buffers, up to 8 MiB a channel
     */
    public static Backend always(Backend inner, MemoryBudget budget) {
        return new CopyingBackend(inner, 0, budget);
    }

    /**
     * Copies the reads and writes in whose iovec any address or length is not aligned.
     *
     * @param inner the backend below
     * @param alignment in bytes, a power of two up to 4096
     * @param budget pays for the buffers, up to 8 MiB a channel
     */
    public static Backend unaligned(Backend inner, int alignment, MemoryBudget budget) {
        if (Integer.bitCount(alignment) != 1 || alignment > BufferPool.UNIT) {
            throw new IllegalArgumentException("alignment = " + alignment);
        }
        return new CopyingBackend(inner, alignment, budget);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public Channel open(int slots, Completions completions) throws IOException {
        long most = Math.ceilDiv(limits.maxTransfer(), BufferPool.UNIT) * BufferPool.UNIT;
        long buffers = Math.clamp(slots * most, most, CHANNEL_BYTES);
        var memory = budget.child("buffers of " + describe(), Long.MAX_VALUE);
        try {
            var pool = new BufferPool(memory, buffers);
            long iovecs = memory.allocate((long) slots * Iovecs.BYTES, 16).address();
            var channel = inner().open(slots, completions);
            return new CopyingChannel(channel, slots, completions, alignment, pool, iovecs, memory);
        } catch (MemoryBudgetException usedUp) {
            memory.close();
            throw new LinuxException("open channel", describe(), Errno.ENOMEM, usedUp.getMessage());
        } catch (IOException | RuntimeException problem) {
            memory.close();
            throw problem;
        }
    }
}
