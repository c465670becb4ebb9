package io.vduse4j.dataplane;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.Ordering;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.VirtioDevice;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * The part of a session that one worker runs: some queues of the device and the handler of their chains. Made on a
 * control thread; from {@link #start} on everything but {@link #post} runs on the worker's thread.
 */
final class DeviceAgent implements HandlerContext {

    private static final Logger LOG = System.getLogger(DeviceAgent.class.getName());

    private final Session session;
    private final Worker worker;
    private final MemoryBudget budget;
    private final PostedSlots posted;
    private final List<QueueAgent> queues = new ArrayList<>();
    private final QueueAgent[] bySlot;
    private final int[] firstSlotOfQueue;
    private final IntConsumer takeOne = this::takeOne;
    private QueueHandler handler;

    private long generation;
    private int postedTaken;
    private int inFlightOfOld;
    private boolean stopping;
    private boolean finished;
    private boolean vanished;
    private Optional<Runnable> onPassed = Optional.empty();
    private Optional<Runnable> onDrained = Optional.empty();

    DeviceAgent(Session session, Worker worker, VirtioDevice device, long features, List<QueueSetup> setups)
            throws IOException {
        this.session = session;
        this.worker = worker;
        budget = session.budget()
                .child(session.name() + "/" + worker.name(), session.budget().limit());
        int slots = setups.stream().mapToInt(QueueSetup::size).sum();
        posted = new PostedSlots(slots);
        bySlot = new QueueAgent[slots];
        firstSlotOfQueue = new int[device.queues()];
        try {
            FaultLog log = new FaultLog(session.name());
            int slot = 0;
            for (QueueSetup setup : setups) {
                MemorySegment pieces = budget.allocate(QueueAgent.pieceBytes(setup.size()), Chain.PIECE_BYTES);
                QueueAgent queue = new QueueAgent(
                        setup,
                        features,
                        session.memory(),
                        session.interrupts(),
                        log,
                        session.counters(setup.index()),
                        InFlight.NONE,
                        slot,
                        pieces);
                queues.add(queue);
                firstSlotOfQueue[setup.index()] = slot;
                Arrays.fill(bySlot, slot, slot + setup.size(), queue);
                slot += setup.size();
            }
            handler = device.handler(this, features);
        } catch (IOException | RuntimeException e) {
            budget.close();
            throw e;
        }
    }

    Worker worker() {
        return worker;
    }

    /** Begins to serve: every ring is looked at once, and every driver interrupted once (CR-09). */
    void start() throws LinuxException {
        generation = session.memory().memory().generation();
        for (QueueAgent queue : queues) {
            if (queue.setup().kick().isPresent()) {
                worker.watch(queue.setup().kick().get());
            }
            queue.interrupt();
        }
        worker.add(this);
    }

    /** Whether a ring has no kicks and must be looked at from time to time. */
    boolean polls() {
        return queues.stream().anyMatch(queue -> queue.setup().kick().isEmpty());
    }

    /** One round; returns how many chains and completions it had. */
    int work() {
        int done = 0;
        try {
            if (posted.hasSome()) {
                done += takePosted();
            }
            if (!stopping) {
                for (int i = 0; i < queues.size(); i++) {
                    done += queues.get(i).work(handler);
                }
            }
            if (done > 0) {
                handler.flush();
            }
            for (int i = 0; i < queues.size(); i++) {
                queues.get(i).publish();
            }
        } catch (InternalError | RuntimeException e) {
            fail(e);
        }
        settle();
        return done;
    }

    private int takePosted() {
        postedTaken = 0;
        posted.take(takeOne);
        return postedTaken;
    }

    private void takeOne(int slot) {
        postedTaken++;
        handler.posted(chain(slot));
    }

    private Chain chain(int slot) {
        QueueAgent queue = bySlot[slot];
        return queue.chain(slot - firstSlotOfQueue[queue.setup().index()]);
    }

    /** Interrupts that the transport did not take yet; whether any is left. */
    boolean retryInterrupts() {
        boolean left = false;
        for (int i = 0; i < queues.size(); i++) {
            QueueAgent queue = queues.get(i);
            queue.retryInterrupt();
            left |= queue.owesInterrupt();
        }
        return left;
    }

    /** Whether there is work, after asking every driver for a kick: then the worker must not sleep. */
    boolean prepareSleep() {
        if (posted.hasSome()) {
            return true;
        }
        boolean work = false;
        if (!stopping) {
            try {
                for (int i = 0; i < queues.size(); i++) {
                    work |= queues.get(i).prepareSleep();
                }
            } catch (InternalError e) {
                fail(e);
            }
        }
        return work;
    }

    /** Goes over to the memory of now; tells when nothing of an older generation is in flight any more. */
    void passTo(long newGeneration, Runnable passed) {
        generation = newGeneration;
        inFlightOfOld = 0;
        try {
            for (QueueAgent queue : queues) {
                inFlightOfOld += queue.olderThan(newGeneration);
                queue.attach();
            }
        } catch (InternalError e) {
            fail(e);
        }
        onPassed = Optional.of(passed);
        settle();
    }

    /** Takes nothing more; tells when nothing is in flight, and is gone then. */
    void stop(Runnable drained) {
        stopping = true;
        onDrained = Optional.of(drained);
        settle();
    }

    /** The memory is not the driver's any more: what still completes goes nowhere (VD-09). */
    void abandon() {
        vanished = true;
        queues.forEach(QueueAgent::vanish);
    }

    /** Whether the queue is one of this agent's. Any thread: the list never changes. */
    boolean serves(int index) {
        return queues.stream().anyMatch(queue -> queue.setup().index() == index);
    }

    QueueAgent queue(int index) {
        for (QueueAgent queue : queues) {
            if (queue.setup().index() == index) {
                return queue;
            }
        }
        throw new IllegalArgumentException("queue " + index + " is not served here");
    }

    private void settle() {
        boolean passedNow = inFlightOfOld == 0 || (vanished && handler.outstanding() == 0);
        if (passedNow && onPassed.isPresent()) {
            Runnable passed = onPassed.get();
            onPassed = Optional.empty();
            passed.run();
        }
        if (stopping && !finished && isDrained()) {
            finished = true;
            worker.remove(this);
            for (QueueAgent queue : queues) {
                queue.setup().kick().ifPresent(EventFd::close);
            }
            handler.close();
            budget.close();
            onDrained.ifPresent(Runnable::run);
        }
    }

    /** When memory has vanished the chains are lost, and only what a backend holds must come back. */
    private boolean isDrained() {
        if (vanished) {
            return handler.outstanding() == 0;
        }
        for (int i = 0; i < queues.size(); i++) {
            if (queues.get(i).inFlight() > 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Fails the device and not the process: a mapping was taken away under an access (J-01), or the device model has an
     * error of its own (J-15).
     */
    private void fail(Throwable cause) {
        if (!vanished) {
            String what = cause instanceof InternalError ? "the driver's memory vanished" : "the device model failed";
            LOG.log(Level.ERROR, session.name() + ": " + what + "; its queues stop until a reset", cause);
        }
        for (QueueAgent queue : queues) {
            if (!vanished) {
                queue.breakQueue(Fault.MEMORY_VANISHED);
            }
            queue.vanish();
        }
        vanished = true;
    }

    @Override
    public int slots() {
        return bySlot.length;
    }

    @Override
    public void complete(Chain chain, long written) {
        if (chain.generation() < generation && inFlightOfOld > 0) {
            inFlightOfOld--;
        }
        bySlot[chain.slot()].complete(chain, written);
    }

    @Override
    public void post(int slot) {
        posted.post(slot);
        worker.wake();
    }

    @Override
    public Ordering ordering() {
        return Ordering.NONE;
    }

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
        return budget.allocate(bytes, alignment);
    }
}
