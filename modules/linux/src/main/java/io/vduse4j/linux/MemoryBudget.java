package io.vduse4j.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The only source of off-heap memory, and its limit: no flag of the JVM limits what is allocated natively (J-05).
 *
 * <p>Budgets form a tree. What one allocates counts against it and all above it; closing one frees all it has allocated
 * and closes those below. Threads: any. It belongs to the control plane, since closing stops every thread for some
 * microseconds (J-03); the data path uses what was allocated before.
 */
public final class MemoryBudget implements AutoCloseable {
    /** The system property that sets the limit of {@link #process}, in bytes. */
    public static final String LIMIT_PROPERTY = "io.vduse4j.memory.limit";

    private static final class Root {
        static final MemoryBudget BUDGET = new MemoryBudget(null, "the process", PhysicalMemory.processLimit());
    }

    private final MemoryBudget parent;
    private final String name;
    private final long limit;

    // Guarded by the lock of the tree, its root.
    private final Object lock;
    private final Arena arena = Arena.ofShared();
    private final List<MemoryBudget> children = new ArrayList<>();
    private long own;
    private long used;
    private boolean closed;

    private MemoryBudget(MemoryBudget parent, String name, long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("a negative limit: " + limit);
        }
        this.parent = parent;
        this.name = name;
        this.limit = limit;
        this.lock = parent == null ? this : parent.lock;
    }

    /**
     * Returns the budget of the process, the root: a quarter of the memory of the machine, or what
     * {@value #LIMIT_PROPERTY} says. It cannot be closed.
     */
    public static MemoryBudget process() {
        return Root.BUDGET;
    }

    /**
     * Makes a budget below this one.
     *
     * @param name for messages, such as the name of a device
     * @param limitBytes the most that it and those below it may have at once; the limits above hold too
     */
    public MemoryBudget child(String name, long limitBytes) {
        synchronized (lock) {
            checkOpen();
            var child = new MemoryBudget(this, name, limitBytes);
            children.add(child);
            return child;
        }
    }

    /**
     * Allocates zeroed memory that lives until this budget is closed.
     *
     * @param bytes 0 or more
     * @param alignment a power of two
     * @throws MemoryBudgetException if this budget, or one above, has not so much left
     */
    public MemorySegment allocate(long bytes, long alignment) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a negative size: " + bytes);
        }
        synchronized (lock) {
            checkOpen();
            for (var budget = this; budget != null; budget = budget.parent) {
                if (bytes > budget.limit - budget.used) {
                    throw new MemoryBudgetException(
                            "memory budget of " + budget.name + " is used up: " + bytes + " bytes asked"
                                    + (budget == this ? "" : " by " + name) + ", " + (budget.limit - budget.used)
                                    + " left of " + budget.limit + "; raise the limit or use less at once");
                }
            }
            // Counted last: if the system has no memory, nothing is owed.
            var segment = arena.allocate(bytes, alignment);
            own += bytes;
            for (var budget = this; budget != null; budget = budget.parent) {
                budget.used += bytes;
            }
            return segment;
        }
    }

    /** Returns the most it may have, in bytes. */
    public long limit() {
        return limit;
    }

    /** Returns what it and those below it have now, in bytes. */
    public long used() {
        synchronized (lock) {
            return used;
        }
    }

    /**
     * Frees all that it and those below it have allocated; again does nothing. The caller sees to it that the kernel
     * does not use the memory any more: Java code that does gets an exception.
     *
     * @throws UnsupportedOperationException for the budget of the process
     */
    @Override
    public void close() {
        if (this == Root.BUDGET) {
            throw new UnsupportedOperationException("the budget of the process lives as long as the process");
        }
        synchronized (lock) {
            if (closed) {
                return;
            }
            List.copyOf(children).forEach(MemoryBudget::close);
            // Throws if a segment is in use, and then nothing has changed here.
            arena.close();
            closed = true;
            for (var budget = this; budget != null; budget = budget.parent) {
                budget.used -= own;
            }
            own = 0;
            parent.children.remove(this);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("memory budget of " + name + " is closed");
        }
    }
}
