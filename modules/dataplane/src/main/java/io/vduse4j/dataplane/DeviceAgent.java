package io.vduse4j.dataplane;

import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.HandlerContext;
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
import java.util.function.IntConsumer;

/**
 * The part of a session that one worker runs: some queues of the device and the handler of their chains. Made on a
 * control thread; from {@link #start} on everything but {@link #post} runs on the worker's thread.
 */
final class DeviceAgent implements HandlerContext, AgentOrder.Agent {

    private static final Logger LOG = System.getLogger(DeviceAgent.class.getName());

    private final Session session;
    private final Worker worker;
    private final MemoryBudget budget;
    private final PostedSlots posted;
    private final AgentOrder order;
    private final List<QueueAgent> queues = new ArrayList<>();
    private final QueueAgent[] bySlot;
    private final IntConsumer takeOne = this::takeOne;
    private final OldMemory oldMemory = new OldMemory();
    private final List<Integer> watched = new ArrayList<>();
    private final List<Runnable> whenDrained = new ArrayList<>();
    private final boolean polls;
    private QueueHandler handler;
    private int postedTaken;
    private boolean stopping;
    private boolean vanished;
    private volatile boolean finished;

    DeviceAgent(Session session, Worker worker, VirtioDevice device, long features, List<QueueSetup> setups)
            throws IOException {
        this.session = session;
        this.worker = worker;
        budget = session.budget()
                .child(session.name() + "/" + worker.name(), session.budget().limit());
        int slots = setups.stream().mapToInt(QueueSetup::size).sum();
        posted = new PostedSlots(slots);
        order = new AgentOrder(session.order(), session.left(), this, slots);
        bySlot = new QueueAgent[slots];
        try {
            int slot = 0;
            for (QueueSetup setup : setups) {
                MemorySegment pieces = budget.allocate(QueueAgent.pieceBytes(setup.size()), Chain.PIECE_BYTES);
                QueueAgent queue = new QueueAgent(
                        setup,
                        features,
                        session.memory(),
                        session.interrupts(),
                        session.log(),
                        session.counters(setup.index()),
                        (index, fault) -> session.broken().broken(index, fault),
                        session.inFlight(),
                        order,
                        slot,
                        pieces);
                queues.add(queue);
                Arrays.fill(bySlot, slot, slot + setup.size(), queue);
                slot += setup.size();
            }
            handler = device.handler(this, features);
        } catch (IOException | RuntimeException | InternalError e) {
            budget.close();
            throw e;
        }
        polls = setups.stream().anyMatch(setup -> setup.kick().isEmpty());
    }

    Worker worker() {
        return worker;
    }

    /** Begins to serve: every ring is looked at once, and its driver interrupted then (CR-09). */
    void start() throws LinuxException {
        oldMemory.begin(session.memory().memory().generation());
        for (QueueAgent queue : queues) {
            if (queue.setup().kick().isPresent()) {
                worker.watch(queue.setup().kick().get());
            }
        }
        for (int descriptor : watched) {
            worker.watch(descriptor);
        }
        worker.add(this);
    }

    /** Whether the worker may not sleep for long: a ring has no kicks, or an interrupt is to be tried again. */
    boolean sleepsShortly() {
        boolean shortly = polls;
        for (int i = 0; i < queues.size(); i++) {
            shortly |= queues.get(i).owesInterrupt();
        }
        return shortly;
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
            int ended = handler.poll();
            if (ended > 0) {
                handler.flush(); // what has ended may have made room for more
                done += ended;
            }
            for (int i = 0; i < queues.size(); i++) {
                queues.get(i).publish();
            }
        } catch (InternalError | RuntimeException e) {
            fail(e);
            submitGathered();
        }
        settle();
        return done;
    }

    /** What the handler had only gathered when it failed must come back too, or the session is never drained. */
    private void submitGathered() {
        try {
            handler.flush();
        } catch (InternalError | RuntimeException e) {
            LOG.log(Level.ERROR, session.name() + ": requests that were gathered are lost", e);
        }
    }

    private int takePosted() {
        postedTaken = 0;
        posted.take(takeOne);
        return postedTaken;
    }

    private void takeOne(int slot) {
        postedTaken++;
        Chain chain = bySlot[slot].chain(slot);
        if (!order.isHeld(slot)) {
            handler.posted(chain);
        } else if (order.starts(slot)) {
            handler.resume(chain);
        }
    }

    /** Whether there is work, after asking every driver for a kick: then the worker must not sleep. */
    boolean prepareSleep() {
        boolean work = posted.hasSome();
        try {
            for (int i = 0; !work && !stopping && i < queues.size(); i++) {
                work = queues.get(i).prepareSleep();
            }
        } catch (InternalError e) {
            fail(e);
        }
        return work;
    }

    /** Goes over to the memory of now; tells when nothing of an older generation is in flight any more. */
    void passTo(long newGeneration, Runnable passed) {
        int older = 0;
        for (QueueAgent queue : queues) {
            older += queue.olderThan(newGeneration);
        }
        oldMemory.leave(newGeneration, older, passed);
        try {
            queues.forEach(QueueAgent::attach);
        } catch (InternalError e) {
            fail(e);
        }
        settle();
    }

    /** Takes nothing more; tells when nothing is in flight, and is gone then. Asked again, it tells again. */
    void stop(Runnable drained) {
        stopping = true;
        whenDrained.add(drained);
        settle();
    }

    /** Whether it is gone. Any thread. */
    boolean isFinished() {
        return finished;
    }

    /** The memory is not the driver's any more: what still completes goes nowhere (VD-09). */
    void abandon() {
        vanished = true;
        queues.forEach(QueueAgent::vanish);
        order.giveUp();
    }

    /** {@link #abandon} is going to be called. Any thread. */
    void expectAbandon() {
        order.expectGivingUp();
    }

    /** How many queues it was made for. Any thread: the list never changes. */
    int queues() {
        return queues.size();
    }

    QueueAgent queue(int index) {
        return queues.stream()
                .filter(queue -> queue.setup().index() == index)
                .findFirst()
                .orElseThrow();
    }

    private void settle() {
        oldMemory.tellIf(vanished && handler.outstanding() == 0);
        if (stopping && !finished && isDrained()) {
            finished = true;
            finish();
        }
        if (finished) {
            whenDrained.forEach(Runnable::run);
            whenDrained.clear();
        }
    }

    private void finish() {
        worker.remove(this);
        order.end();
        watched.forEach(worker::unwatch);
        for (QueueAgent queue : queues) {
            queue.endPause();
            queue.setup().kick().ifPresent(kick -> {
                worker.unwatch(kick);
                kick.close();
            });
        }
        discard();
    }

    /** Gives back what the constructor took. What fails here fails alone: the worker goes on with other devices. */
    void discard() {
        try {
            handler.close();
            budget.close();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, session.name() + ": its handler cannot be closed", e);
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
    void fail(Throwable cause) {
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
        order.lose();
    }

    @Override
    public int slots() {
        return bySlot.length;
    }

    @Override
    public void complete(Chain chain, long written) {
        oldMemory.completed(chain.generation());
        bySlot[chain.slot()].complete(chain, written);
    }

    @Override
    public void post(int slot) {
        posted.post(slot);
        worker.wake();
    }

    @Override
    public boolean watch(int descriptor) {
        watched.add(descriptor);
        return true;
    }

    @Override
    public boolean isAlone() {
        return worker.servesOne();
    }

    @Override
    public Ordering ordering() {
        return order;
    }

    @Override
    public void heldBack(int slot) {
        bySlot[slot].heldBack(slot);
    }

    @Override
    public void started(int slot) {
        bySlot[slot].started(slot);
    }

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
        return budget.allocate(bytes, alignment);
    }
}
