package io.vduse4j.dataplane;

import io.vduse4j.linux.Errno;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.SplitQueue;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * One queue on its worker: takes chains into their slots, gives them back, and decides what a fault does. Everything here
 * runs on the worker's thread.
 */
final class QueueAgent {

    /** Chains taken before other queues get their turn. */
    private static final int BATCH = 128;

    /** Pieces of a slot beyond one for each descriptor: borders between regions that buffers may lie across. */
    private static final int SPARE_PIECES = 32;

    /** A refused interrupt is tried again each millisecond, this often. */
    private static final int MAX_INTERRUPT_TRIES = 5_000;

    private static final long INTERRUPT_RETRY_NANOS = 1_000_000;

    private final QueueSetup setup;
    private final Interrupts interrupts;
    private final FaultLog log;
    private final QueueCounters counters;
    private final SplitQueue queue;
    private final int firstSlot;
    private final Chain[] chains;
    private final long[] held;

    private int inFlight;
    private int heldCount;
    private boolean paused;
    private boolean broken;
    private boolean vanished;
    private int interruptTries;
    private long lastInterruptTry;
    private Optional<IntConsumer> onDrained = Optional.empty();

    QueueAgent(
            QueueSetup setup,
            long features,
            MemorySource memory,
            Interrupts interrupts,
            FaultLog log,
            QueueCounters counters,
            InFlight hook,
            int firstSlot,
            MemorySegment pieces) {
        this.setup = setup;
        this.interrupts = interrupts;
        this.log = log;
        this.counters = counters;
        queue = new SplitQueue(setup.index(), setup.size(), features, setup.nextAvail(), memory, hook);
        this.firstSlot = firstSlot;
        chains = new Chain[setup.size()];
        held = new long[setup.size()];
        long bytes = pieceBytes(setup.size()) / setup.size();
        for (int head = 0; head < chains.length; head++) {
            chains[head] = new Chain(firstSlot + head, setup.index(), head, pieces.asSlice(head * bytes, bytes));
        }
        attach();
    }

    /** Bytes for the pieces of all slots of a queue. */
    static long pieceBytes(int size) {
        return (long) size * (size + SPARE_PIECES) * Chain.PIECE_BYTES;
    }

    QueueSetup setup() {
        return setup;
    }

    /** The chain of a slot; slots are counted over all queues of an agent. */
    Chain chain(int slot) {
        return chains[slot - firstSlot];
    }

    int inFlight() {
        return inFlight;
    }

    /** Finds the rings in the memory of now, and gives back what was completed while they were away. */
    void attach() {
        if (vanished) {
            return;
        }
        if (!queue.attach(setup.desc(), setup.avail(), setup.used())) {
            counters.addFault(Fault.RING_UNMAPPED);
            log.log(setup.index(), Fault.RING_UNMAPPED, counters.faults(Fault.RING_UNMAPPED));
            return;
        }
        for (int head = 0; heldCount > 0 && head < chains.length; head++) {
            if (held[head] != 0) {
                queue.push(chains[head], held[head] - 1);
                counters.addUsed();
                held[head] = 0;
                heldCount--;
            }
        }
    }

    /** Chains in flight whose pieces lie in memory older than this generation. */
    int olderThan(long generation) {
        int count = 0;
        for (Chain chain : chains) {
            if (chain.inFlight() && held[chain.head()] == 0 && chain.generation() < generation) {
                count++;
            }
        }
        return count;
    }

    /** Takes what is available and hands it to the handler; returns how many chains. */
    int work(QueueHandler handler) {
        if (paused || broken || !queue.isAttached()) {
            return 0;
        }
        int available = queue.available();
        if (available <= 0) {
            if (available < 0) {
                breakQueue(Fault.AVAIL_INDEX_JUMP);
            }
            return 0;
        }
        queue.disableKicks();
        int count = Math.min(available, BATCH);
        for (int i = 0; i < count; i++) {
            int head = queue.head();
            if (head < 0) {
                breakQueue(Fault.HEAD_OUT_OF_RANGE);
                return i;
            }
            Chain chain = chains[head];
            if (chain.inFlight()) {
                breakQueue(Fault.HEAD_IN_FLIGHT);
                return i;
            }
            inFlight++;
            counters.addFetched();
            Fault fault = queue.take(chain);
            if (fault != null) {
                note(fault);
                complete(chain, 0);
            } else {
                if (chain.fault() != null) {
                    note(chain.fault());
                }
                handler.handle(chain);
            }
        }
        return count;
    }

    /** Gives a chain back with the end of the batch. */
    void complete(Chain chain, long written) {
        inFlight--;
        if (vanished) {
            queue.drop(chain);
        } else if (queue.isAttached()) {
            queue.push(chain, written);
            counters.addUsed();
        } else {
            held[chain.head()] = written + 1;
            heldCount++;
        }
    }

    /** Ends a round: one publication, at most one interrupt, which may be one that was refused before. */
    void publish() {
        if (queue.isAttached() && queue.hasUnpublished()) {
            queue.publish();
            if (queue.wantsInterrupt()) {
                interrupt();
            } else {
                counters.addSuppressed();
            }
        }
        if (owesInterrupt() && System.nanoTime() - lastInterruptTry >= INTERRUPT_RETRY_NANOS) {
            interrupt();
        }
        tellDrained();
    }

    /** Ends a pause if nothing is in flight any more. */
    void tellDrained() {
        if (paused && inFlight == 0 && onDrained.isPresent()) {
            onDrained.get().accept(queue.nextAvail());
            resume();
        }
    }

    /** Interrupts, whether or not the driver wants it; what is refused too early is tried again by {@link #publish}. */
    void interrupt() {
        int result = interrupts.interrupt(setup.index());
        if (result == -Errno.EINVAL) {
            // DRIVER_OK counts a moment after our reply to it (kernel-behaviour 12).
            interruptTries++;
            lastInterruptTry = System.nanoTime();
            return;
        }
        interruptTries = 0;
        if (result == 0) {
            counters.addInterrupt();
        }
    }

    /** Whether the transport has refused an interrupt that is to be tried again. */
    boolean owesInterrupt() {
        return interruptTries > 0 && interruptTries < MAX_INTERRUPT_TRIES;
    }

    /** Whether there is something to take right now, after asking for a kick: then the worker must not sleep. */
    boolean prepareSleep() {
        return !paused && !broken && queue.isAttached() && queue.enableKicks();
    }

    /** Takes nothing more until everything in flight is back, then tells the index of the next chain and goes on. */
    void pauseUntilDrained(IntConsumer nextAvail) {
        paused = true;
        // The round that follows tells it if nothing is in flight.
        onDrained =
                Optional.of(onDrained.map(others -> others.andThen(nextAvail)).orElse(nextAvail));
    }

    /** Goes on without having told. */
    void resume() {
        paused = false;
        onDrained = Optional.empty();
    }

    void breakQueue(Fault fault) {
        broken = true;
        note(fault);
    }

    /** The memory is gone, or is not the driver's any more: rings are not touched again. */
    void vanish() {
        vanished = true;
        broken = true;
        queue.detach();
    }

    private void note(Fault fault) {
        log.log(setup.index(), fault, counters.addFault(fault));
    }
}
