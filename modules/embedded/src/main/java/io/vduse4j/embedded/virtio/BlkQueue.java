package io.vduse4j.embedded.virtio;

import io.vduse4j.embedded.vdpa.DmaDomain.Coherent;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One queue and the requests that the device has of it. Any thread; the lock is held for the ring only, never across a
 * copy, a wait or a call of the user.
 */
final class BlkQueue {

    /** A request that the device has given back. */
    record Done(BlkPiece piece, long usedLength) {}

    /** What a look at the queue has brought. {@code broken} is empty if the device has kept to the rules. */
    record Harvest(List<Done> done, String broken) {}

    private final int index;
    private final Coherent memory;
    private final VirtqueueDriver ring;
    private final boolean indirect;
    private final boolean packed;
    private final BlkPiece[] byHead;
    private final ReentrantLock lock = new ReentrantLock();

    /** Those who wait for room, in order: one of them tries, the others wait for their turn. */
    private final ReentrantLock turn = new ReentrantLock(true);

    // Guarded by the lock.
    private int reserved;
    private boolean open = true;

    BlkQueue(int index, Coherent memory, VirtqueueDriver ring, long features) {
        this.index = index;
        this.memory = memory;
        this.ring = ring;
        indirect = (features & VirtioFeatures.RING_INDIRECT_DESC) != 0;
        packed = (features & VirtioFeatures.RING_PACKED) != 0;
        byHead = new BlkPiece[ring.rings().size()];
    }

    int index() {
        return index;
    }

    /** Entries of the ring. */
    int size() {
        return byHead.length;
    }

    /** The ring's memory. */
    Coherent memory() {
        return memory;
    }

    boolean indirect() {
        return indirect;
    }

    /** Whether the ring, and so a table, is packed. */
    boolean packed() {
        return packed;
    }

    ReentrantLock turn() {
        return turn;
    }

    /** Keeps descriptors for a request that is about to be mapped. @return false if there are not as many */
    boolean reserve(int descriptors) {
        lock.lock();
        try {
            if (!open || ring.freeDescriptors() - reserved < descriptors) {
                return false;
            }
            reserved += descriptors;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Gives up what was reserved. */
    void unreserve(int descriptors) {
        lock.lock();
        try {
            reserved -= descriptors;
        } finally {
            lock.unlock();
        }
    }

    /** How {@link #add} ended. */
    enum Added {
        /** The device has it, and wants to be told. */
        KICK,
        /** The device has it. */
        QUIET,
        /** The queue is closed. */
        CLOSED
    }

    /** Hands a request over for which there is a reservation, which is used up. */
    Added add(BlkPiece piece, int descriptors) {
        lock.lock();
        try {
            reserved -= descriptors;
            if (!open) {
                return Added.CLOSED;
            }
            int head = indirect ? ring.addTable(piece.chain(), piece.table()) : ring.add(piece.chain());
            ring.publish();
            boolean kick = ring.needsKick();
            byHead[head] = piece; // last: if the ring's memory vanishes before, the queue does not have it
            return kick ? Added.KICK : Added.QUIET;
        } finally {
            lock.unlock();
        }
    }

    /** Takes what the device has given back, and asks for an interrupt for the next. Bounded by what it has. */
    Harvest harvest() {
        List<Done> done = new ArrayList<>();
        lock.lock();
        try {
            while (open) {
                ring.disableInterrupts();
                int head = ring.poll();
                while (head >= 0) {
                    done.add(new Done(byHead[head], ring.usedLength()));
                    byHead[head] = null;
                    head = ring.poll();
                }
                if (head == VirtqueueDriver.BROKEN) {
                    open = false;
                    return new Harvest(done, "queue " + index + ": " + ring.brokenBecause());
                }
                if (!ring.enableInterrupts()) {
                    break;
                }
            }
            return new Harvest(done, "");
        } catch (InternalError vanished) {
            // The daemon has the ring's file too, and may have cut it off (J-01).
            open = false;
            return new Harvest(done, "queue " + index + ": the memory of its ring vanished");
        } finally {
            lock.unlock();
        }
    }

    /** Ends the use of the ring. @return the requests that the device still has */
    List<BlkPiece> close() {
        List<BlkPiece> left = new ArrayList<>();
        lock.lock();
        try {
            open = false;
            for (int head = 0; head < byHead.length; head++) {
                if (byHead[head] != null) {
                    left.add(byHead[head]);
                    byHead[head] = null;
                }
            }
            return left;
        } finally {
            lock.unlock();
        }
    }
}
