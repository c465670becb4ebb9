package io.vduse4j.dataplane;

import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.dataplane.inflight.InflightLogException;
import io.vduse4j.dataplane.inflight.QueueLog;
import io.vduse4j.dataplane.inflight.Recovered;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Failpoint;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One queue on its worker: takes chains into their slots, gives them back, and decides what a fault does. Everything here
 * runs on the worker's thread.
 */
final class QueueAgent {

    private static final Logger LOG = System.getLogger(QueueAgent.class.getName());

    /** Chains taken before other queues get their turn. */
    private static final int BATCH = 128;

    /**
     * Chains that are given back before the driver may see them: one that looks by itself goes on while we do, and so do
     * its requests. Interrupts wait for the end of the batch.
     */
    private static final int GROUP = 16;

    /** Pieces of a slot beyond one for each descriptor: borders between regions that buffers may lie across. */
    private static final int SPARE_PIECES = 32;

    /** A refused interrupt is tried again each millisecond, this often. */
    private static final int MAX_INTERRUPT_TRIES = 5_000;

    private static final long INTERRUPT_RETRY_NANOS = 1_000_000;

    private final QueueSetup setup;
    private final Interrupts interrupts;
    private final FaultLog log;
    private final QueueCounters counters;
    private final BrokenQueues listener;
    private final Virtqueue queue;
    private final Resubmission resubmission;
    private final QueueLog inFlightLog;
    private final AgentOrder order;
    private final UnseenWrites unseen = new UnseenWrites(GROUP);
    private final int firstSlot;
    private final Chain[] chains;
    private final long[] held;

    private int inFlight;
    private int pushed;
    private int heldCount;
    private boolean paused;
    private boolean broken;
    private boolean vanished;
    private int interruptTries;
    private long lastInterruptTry;
    private Optional<Consumer<VirtqueueState>> onDrained = Optional.empty();

    QueueAgent(
            QueueSetup setup,
            long features,
            MemorySource memory,
            Interrupts interrupts,
            FaultLog log,
            QueueCounters counters,
            BrokenQueues listener,
            InflightLog inFlightLogs,
            AgentOrder order,
            int firstSlot,
            MemorySegment pieces) {
        this.setup = setup;
        this.interrupts = interrupts;
        this.log = log;
        this.counters = counters;
        this.listener = listener;
        inFlightLog = inFlightLogs.queue(setup.index(), setup.size());
        this.order = order;
        this.firstSlot = firstSlot;
        chains = new Chain[setup.size()];
        held = new long[setup.size()];
        long bytes = pieceBytes(setup.size()) / setup.size();
        for (int i = 0; i < chains.length; i++) {
            chains[i] = new Chain(firstSlot + i, setup.index(), pieces.asSlice(i * bytes, bytes));
        }
        queue = Virtqueue.of(setup.index(), setup.size(), features, setup.start(), memory, inFlightLog, chains);
        resubmission = new Resubmission(setup.index(), queue, inFlightLog, inFlightLogs);
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

    /** The request of a slot waits for one that it may overlap (CR-04). */
    void heldBack(int slot) {
        inFlightLog.heldBack(slot - firstSlot);
        resubmission.heldBack();
    }

    /** The request of a slot that was held back starts. */
    void started(int slot) {
        inFlightLog.started(slot - firstSlot);
        resubmission.started();
    }

    /** Finds the rings in the memory of now, and gives back what was completed while they were away. */
    void attach() {
        if (vanished) {
            return;
        }
        if (!queue.attach(setup.desc(), setup.driver(), setup.device())) {
            counters.addFault(Fault.RING_UNMAPPED);
            log.log(setup.index(), Fault.RING_UNMAPPED, counters.faults(Fault.RING_UNMAPPED));
            return;
        }
        for (int i = 0; heldCount > 0 && i < chains.length; i++) {
            if (held[i] != 0) {
                push(chains[i], held[i] - 1);
                held[i] = 0;
                heldCount--;
            }
        }
        if (queue.hasUnpublished()) {
            show(); // they are no longer in flight, so nobody may find them still here
        }
    }

    /** Chains in flight whose pieces lie in memory older than this generation. */
    int olderThan(long generation) {
        int count = 0;
        for (int i = 0; i < chains.length; i++) {
            if (chains[i].inFlight() && held[i] == 0 && chains[i].generation() < generation) {
                count++;
            }
        }
        return count;
    }

    /** Takes what is available and hands it to the handler; returns how many chains. */
    int work(QueueHandler handler) {
        if (broken || !queue.isAttached()) {
            return 0;
        }
        int taken = resubmission.isOver() ? 0 : resubmit(handler);
        while (taken < BATCH && resubmission.isOver() && !paused) {
            Chain chain = queue.take();
            if (chain == null) {
                if (queue.fault() != null) {
                    breakQueue(queue.fault());
                }
                break;
            }
            if (taken++ == 0) {
                queue.disableKicks();
            }
            begin(handler, chain, false);
        }
        return taken;
    }

    private void begin(QueueHandler handler, Chain chain, boolean refused) {
        inFlight++;
        counters.addFetched();
        Fault fault = chain.fault();
        if (fault != null) {
            note(fault);
        }
        if (fault != null && fault.size() == Fault.Size.CHAIN) {
            complete(chain, 0);
        } else if (refused) {
            handler.refuse(chain);
        } else {
            handler.handle(chain);
        }
    }

    /** Does again what a process that has died had begun; returns how many chains. The driver is interrupted once (CR-09). */
    private int resubmit(QueueHandler handler) {
        boolean begins = !resubmission.hasBegun();
        try {
            return resubmission.step((chain, poison) -> {
                if (poison) {
                    LOG.log(
                            Level.ERROR,
                            "queue {0}: {1} was in flight at {2} deaths of its server in a row; it fails now",
                            setup.index(),
                            chain,
                            Recovered.POISON);
                }
                begin(handler, chain, poison);
            });
        } catch (InflightLogException e) {
            LOG.log(
                    Level.ERROR,
                    "queue {0}: what was in flight when its last server died cannot be told; it stays broken until the"
                            + " driver resets it ({1})",
                    setup.index(),
                    e.getMessage());
            breakQueue(Fault.LOG_REFUSED);
            return 0;
        } finally {
            if (begins) {
                interrupt(); // not before: the first step may have shown what its predecessor had not (CR-14)
            }
        }
    }

    /** Gives a chain back with the end of the batch. */
    void complete(Chain chain, long written) {
        inFlight--;
        if (vanished) {
            queue.drop(chain);
            order.dropped(chain.slot());
        } else if (queue.isAttached()) {
            push(chain, written);
        } else {
            held[chain.slot() - firstSlot] = written + 1;
            heldCount++;
        }
    }

    private void push(Chain chain, long written) {
        queue.push(chain, written);
        order.givenBack(chain.slot(), unseen);
        counters.addUsed();
        if (++pushed % GROUP == 0) {
            show();
        }
    }

    /** Shows the driver what was given back. */
    private void show() {
        queue.publish();
        order.seen(unseen);
    }

    /** Ends a round: the rest is published, with at most one interrupt, which may be one that was refused before. */
    void publish() {
        if (pushed > 0 && queue.isAttached()) {
            pushed = 0;
            if (queue.hasUnpublished()) {
                show();
            }
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

    /** Whether what a process that has died had in flight is still to be begun: it is in flight too. */
    private boolean owesResubmission() {
        return !resubmission.isOver() && !broken && queue.isAttached();
    }

    /** Ends a pause if nothing is in flight any more. */
    private void tellDrained() {
        if (!owesResubmission() && heldCount == 0) {
            endPause();
        }
    }

    /** The same of a queue whose session ends: what it has not begun to do again it never will. */
    void endPause() {
        if (paused && inFlight == 0 && onDrained.isPresent()) {
            onDrained.get().accept(queue.state());
            resume();
        }
    }

    /** Interrupts, whether or not the driver wants it; what is refused too early is tried again by {@link #publish}. */
    private void interrupt() {
        Failpoint.reach("queue.interrupt");
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
        boolean takes = !paused && !broken && queue.isAttached();
        return owesResubmission() || (takes && queue.enableKicks());
    }

    /** Takes nothing more until everything in flight is back, then tells where the queue stands and goes on. */
    void pauseUntilDrained(Consumer<VirtqueueState> state) {
        paused = true;
        // The round that follows tells it if nothing is in flight.
        onDrained = Optional.of(onDrained.map(others -> others.andThen(state)).orElse(state));
    }

    /** Goes on without having told. */
    void resume() {
        paused = false;
        onDrained = Optional.empty();
    }

    void breakQueue(Fault fault) {
        broken = true;
        note(fault);
        listener.broken(setup.index(), fault);
    }

    /** The memory is gone, or is not the driver's any more: rings are not touched again. */
    void vanish() {
        vanished = true;
        broken = true;
        queue.detach();
        for (int i = 0; heldCount > 0 && i < chains.length; i++) {
            if (held[i] != 0) {
                held[i] = 0;
                heldCount--;
                order.dropped(firstSlot + i); // the backend is done with it
            }
        }
    }

    private void note(Fault fault) {
        log.log(setup.index(), fault, counters.addFault(fault));
    }
}
