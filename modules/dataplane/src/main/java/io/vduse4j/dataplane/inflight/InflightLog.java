package io.vduse4j.dataplane.inflight;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The logs of all queues of a device, one region behind the other. Any thread may look for a queue's log; the log itself
 * is its worker's.
 */
public final class InflightLog {

    /** Nothing is kept. */
    public static final InflightLog NONE = new InflightLog(MemorySegment.NULL, 0, 0, false);

    /** Each region begins at a multiple of this (vhost-user.rst: a cache line of its own). */
    private static final int ALIGNMENT = 64;

    private final MemorySegment memory;
    private final int queues;
    private final int queueSize;
    private final boolean packed;

    /** Queues whose chains of a dead process have not been begun again, a bit each. */
    private final AtomicReference<BitSet> owing;

    /**
     * Keeps the logs in this memory.
     *
     * @param memory {@link #bytes} or more, aligned to 64 bytes; zero where nothing was kept yet. It must outlive every
     *     queue that uses it
     * @param queues number of queues
     * @param queueSize largest size of each
     * @param packed format of the rings
     */
    public InflightLog(MemorySegment memory, int queues, int queueSize, boolean packed) {
        this.memory = memory;
        this.queues = queues;
        this.queueSize = queueSize;
        this.packed = packed;
        if (memory.byteSize() < bytes(queues, queueSize, packed)) {
            throw new IllegalArgumentException(memory.byteSize() + " bytes for the log of " + queues + " queues");
        }
        owing = new AtomicReference<>(survey());
    }

    private BitSet survey() {
        BitSet found = new BitSet(queues);
        for (int index = 0; index < queues; index++) {
            LogWords words = words(index);
            found.set(index, packed ? PackedLog.holdsSome(words, queueSize) : SplitLog.holdsSome(words, queueSize));
        }
        return found;
    }

    private LogWords words(int index) {
        return new LogWords(memory.asSlice(index * stride(queueSize, packed), stride(queueSize, packed)));
    }

    /**
     * Whether nothing that a dead process had begun waits to be begun again. Until then no queue takes anything new: an
     * overlapping write of another queue must not come in between (CR-04). Any thread.
     */
    public boolean isRecovered() {
        return owing.get().isEmpty();
    }

    /** Everything that a dead process had begun on this queue has been begun again, or is given up. Any thread. */
    public void recovered(int queue) {
        owing.updateAndGet(old -> {
            BitSet rest = (BitSet) old.clone();
            rest.clear(queue);
            return rest;
        });
    }

    /** The ring of a queue was stopped with nothing in flight, and may begin anew anywhere. Any thread. */
    public void forget(int queue) {
        if (queue < queues) {
            words(queue).set16(SplitLogLayout.VERSION, 0); // in both formats at the same place
        }
    }

    /**
     * Bytes for the logs of a device.
     *
     * @param queues 0 to 65535
     * @param queueSize 0 to 65535
     */
    public static long bytes(int queues, int queueSize, boolean packed) {
        return queues * stride(queueSize, packed); // both have 16 bits: no overflow
    }

    private static long stride(int queueSize, boolean packed) {
        long bytes = packed ? PackedLogLayout.bytes(queueSize) : SplitLogLayout.bytes(queueSize);
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /**
     * The log of a queue.
     *
     * @param index index of the queue on the device
     * @param size entries of its rings
     * @return {@link QueueLog#NONE} if nothing is kept
     * @throws IllegalArgumentException for a queue that has no room here
     */
    public QueueLog queue(int index, int size) {
        if (queues == 0) {
            return QueueLog.NONE;
        }
        if (index >= queues || size > queueSize) {
            throw new IllegalArgumentException(
                    "no log for queue " + index + " of " + size + ": there are " + queues + " of " + queueSize);
        }
        return packed ? new PackedLog(words(index), size) : new SplitLog(words(index), size);
    }

    /** Forgets all: nothing is in flight on any queue. */
    public void clear() {
        memory.fill((byte) 0);
        owing.set(new BitSet());
    }
}
