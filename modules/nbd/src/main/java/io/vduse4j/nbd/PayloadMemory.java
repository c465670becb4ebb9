package io.vduse4j.nbd;

import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.MemoryBudgetException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory of all payloads in flight of one server, in pieces of powers of two that are used again. Any thread may
 * call; {@link #take} waits for others.
 */
final class PayloadMemory implements AutoCloseable {
    /** Smallest piece: a page. */
    static final int SMALLEST = 4096;

    private static final int CLASSES =
            Integer.numberOfTrailingZeros(NbdLimits.MAX_PAYLOAD) - Integer.numberOfTrailingZeros(SMALLEST) + 1;

    private final MemoryBudget budget;
    private final long limit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final List<ArrayDeque<Payload>> free = new ArrayList<>();

    /** For each class how many were free all the time since the last {@link #trim}. */
    private final int[] spare = new int[CLASSES];

    private long allocated;
    private int taken;
    private final AtomicInteger waiting = new AtomicInteger();

    /**
     * Makes the pool of a server; it holds nothing yet.
     *
     * @param limit most bytes to have at once
     */
    PayloadMemory(long limit) {
        this.limit = limit;
        this.budget = MemoryBudget.process().child("payloads of an NBD server", limit);
        for (int i = 0; i < CLASSES; i++) {
            free.add(new ArrayDeque<>());
        }
    }

    /** How many bytes a piece for so many has. */
    static int pieceBytes(int bytes) {
        int atLeast = Math.max(SMALLEST, bytes);
        return Integer.highestOneBit(atLeast - 1) << 1;
    }

    private static int classOf(int pieceBytes) {
        return Integer.numberOfTrailingZeros(pieceBytes) - Integer.numberOfTrailingZeros(SMALLEST);
    }

    /**
     * Takes a piece.
     *
     * @param bytes 1 to 32 MiB
     * @param patience how long to wait for others to give back
     * @return empty if there was no room in that time
     */
    Optional<Payload> take(int bytes, Duration patience) throws InterruptedException {
        int size = pieceBytes(bytes);
        long left = patience.toNanos();
        lock.lock();
        try {
            while (true) {
                var found = find(size);
                if (found.isPresent() || left <= 0) {
                    taken += found.isPresent() ? 1 : 0;
                    return found;
                }
                waiting.incrementAndGet();
                try {
                    left = room.awaitNanos(left);
                } finally {
                    waiting.decrementAndGet();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private Optional<Payload> find(int size) {
        int kind = classOf(size);
        var pieces = free.get(kind);
        if (!pieces.isEmpty()) {
            var piece = pieces.pop();
            spare[kind] = Math.min(spare[kind], pieces.size());
            return Optional.of(piece);
        }
        for (int other = CLASSES - 1; other >= 0 && allocated + size > limit; other--) {
            while (!free.get(other).isEmpty() && allocated + size > limit) {
                release(other);
            }
        }
        if (allocated + size > limit) {
            return Optional.empty();
        }
        try {
            var own = budget.child("a payload", size);
            var piece = new Payload(own, own.allocate(size, SMALLEST));
            allocated += size;
            return Optional.of(piece);
        } catch (MemoryBudgetException processHasNoMore) {
            return Optional.empty();
        }
    }

    private void release(int kind) {
        var piece = free.get(kind).pop();
        allocated -= piece.memory().byteSize();
        piece.own().close();
        spare[kind] = Math.min(spare[kind], free.get(kind).size());
    }

    /** Gives a piece back, which nobody uses any more. */
    void giveBack(Payload piece) {
        lock.lock();
        try {
            free.get(classOf((int) piece.memory().byteSize())).push(piece);
            taken--;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody waits for memory. */
    boolean isShort() {
        return waiting.get() > 0;
    }

    /** Frees what nobody has needed since the last call. */
    void trim() {
        lock.lock();
        try {
            for (int kind = 0; kind < CLASSES; kind++) {
                for (int i = spare[kind]; i > 0; i--) {
                    release(kind);
                }
                spare[kind] = free.get(kind).size();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Frees everything, unless a piece is in use: then all of it is kept, for somebody may still write there. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (taken == 0) {
                budget.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
