package io.vduse4j.dataplane;

import io.vduse4j.virtio.Fault;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What has happened on one queue. Written by its worker alone, readable by any thread: a value is never torn and never
 * goes back. At every moment fetched = used + in flight (CR-01).
 */
public final class QueueCounters {

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int FETCHED = 0;
    private static final int USED = 1;
    private static final int INTERRUPTS = 2;
    private static final int SUPPRESSED = 3;
    private static final int FAULTS = 4;

    private final long[] values = new long[FAULTS + Fault.values().length];

    QueueCounters() {}

    /** Chains taken from the available ring. */
    public long fetched() {
        return get(FETCHED);
    }

    /** Chains given back through the used ring. */
    public long used() {
        return get(USED);
    }

    /** Interrupts sent. */
    public long interrupts() {
        return get(INTERRUPTS);
    }

    /** Batches that were published without an interrupt, because the driver wanted none. */
    public long suppressed() {
        return get(SUPPRESSED);
    }

    /** Times that the driver did this. */
    public long faults(Fault fault) {
        return get(FAULTS + fault.ordinal());
    }

    void addFetched() {
        add(FETCHED);
    }

    void addUsed() {
        add(USED);
    }

    void addInterrupt() {
        add(INTERRUPTS);
    }

    void addSuppressed() {
        add(SUPPRESSED);
    }

    long addFault(Fault fault) {
        return add(FAULTS + fault.ordinal());
    }

    private long get(int index) {
        return (long) LONGS.getOpaque(values, index);
    }

    private long add(int index) {
        long value = values[index] + 1;
        LONGS.setOpaque(values, index, value);
        return value;
    }
}
