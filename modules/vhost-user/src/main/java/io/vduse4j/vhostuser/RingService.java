package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.QueueSetup;
import io.vduse4j.dataplane.Session;
import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.linux.Failpoint;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.Fault;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Has workers serve the rings of one connection: each ring for itself, from where it stands, for as long as it is started
 * and enabled. Belongs to the control thread; workers come back to it by tasks.
 */
final class RingService {

    private final ServedDevice served;
    private final MemoryTable table;
    private final Calls calls;
    private final Consumer<Runnable> onControlThread;
    private final BiConsumer<Integer, Fault> broken;
    private final Consumer<Exception> failed;
    private Optional<Life> life = Optional.empty();
    private Optional<SharedLog> shared = Optional.empty();
    private InflightLog log = InflightLog.NONE;
    private boolean ended;

    /**
     * Serves nothing yet.
     *
     * @param broken told of rings that break
     * @param failed told when a ring cannot be served
     */
    RingService(
            ServedDevice served,
            MemoryTable table,
            Calls calls,
            Consumer<Runnable> onControlThread,
            BiConsumer<Integer, Fault> broken,
            Consumer<Exception> failed) {
        this.served = served;
        this.table = table;
        this.calls = calls;
        this.onControlThread = onControlThread;
        this.broken = broken;
        this.failed = failed;
    }

    Optional<Session> session() {
        return life.map(Life::session);
    }

    /** Brings a ring to where it is wanted: begins to serve it, or has it stopped. Nothing happens while it stops. */
    void reconcile(Ring ring, long features) {
        if (ended || ring.isStopping()) {
            return;
        }
        if (ring.isWanted() && !ring.isServed()) {
            serve(ring, features);
        } else if (!ring.isWanted() && ring.isServed()) {
            stop(ring, features);
        }
    }

    /** Has a ring that is served begin anew where it stands, because its descriptors or its addresses have changed. */
    void restart(Ring ring, long features) {
        if (ring.isServed() && !ring.isStopping()) {
            stop(ring, features);
        }
    }

    private void serve(Ring ring, long features) {
        try {
            if ((features & VirtioFeatures.VERSION_1) == 0) {
                throw new RefusedException("ring " + ring.index() + " is started before features were set");
            }
            Session session = session(features);
            QueueSetup setup = ring.setup((features & VirtioFeatures.RING_PACKED) != 0, table);
            Failpoint.reach("ring.serve");
            session.addQueue(setup, e -> onControlThread.accept(() -> failed.accept(e)));
            ring.setServed(true);
            Failpoint.reach("ring.served");
        } catch (RefusedException | IOException | RuntimeException e) {
            ring.signalError();
            failed.accept(e);
        }
    }

    /** The session for these features; one for others has no ring any more. */
    private Session session(long features) throws IOException {
        if (life.isPresent() && life.get().features() != features) {
            endIdle(() -> {});
        }
        if (life.isEmpty()) {
            life = Optional.of(open(features));
        }
        return life.get().session();
    }

    private void endIdle(Runnable then) {
        if (life.isPresent()) {
            life.get().endIdle(then);
            life = Optional.empty();
        } else {
            then.run();
        }
    }

    /** Keeps what is in flight in this memory, from the next start of rings on; none is served now. */
    void keepLog(SharedLog next) {
        Optional<Mapping> before = table.keepLog(next.mapping());
        shared = Optional.of(next);
        endIdle(() -> before.ifPresent(Mapping::close));
    }

    private Life open(long features) throws IOException {
        String name = served.options().name();
        MemoryBudget budget =
                MemoryBudget.process().child(name, MemoryBudget.process().limit());
        try {
            long ofDevice = features & ~VhostUserFeatures.PROTOCOL_FEATURES;
            boolean packed = (features & VirtioFeatures.RING_PACKED) != 0;
            log = shared.map(memory -> memory.open(packed)).orElse(InflightLog.NONE);
            var session = new Session(
                    served.history(), served.device(), ofDevice, List.of(), table, calls, served.pool(), budget, log);
            session.onBroken((queue, fault) -> onControlThread.accept(() -> broken.accept(queue, fault)));
            return new Life(session, budget, features);
        } catch (IOException | RuntimeException e) {
            budget.close();
            throw e;
        }
    }

    private void stop(Ring ring, long features) {
        ring.setStopping();
        life.orElseThrow()
                .session()
                .stopQueue(ring.index(), next -> onControlThread.accept(() -> stopped(ring, next, features)));
    }

    private void stopped(Ring ring, VirtqueueState next, long features) {
        log.forget(ring.index()); // it may begin elsewhere
        ring.setNext(next);
        ring.setServed(false);
        ring.tellQuiet();
        reconcile(ring, features);
    }

    /**
     * Makes the workers go over to the memory of now.
     *
     * @param passed told on the control thread once nothing that is in flight lies in older memory
     */
    void passTo(Runnable passed) {
        if (life.isEmpty()) {
            passed.run();
            return;
        }
        life.get().session().passTo(table.memory().generation(), () -> onControlThread.accept(passed));
    }

    /**
     * Ends everything; the memory goes with it.
     *
     * @param inTime told on the control thread, unless it was abandoned before
     */
    void end(Runnable inTime) {
        ended = true;
        if (life.isEmpty()) {
            table.close();
            inTime.run();
            return;
        }
        life.get().end(table, () -> onControlThread.accept(inTime));
    }

    /** Called after {@link #end} when that takes too long: the front end's memory is taken away at once. */
    void abandon() throws LinuxException {
        if (life.isPresent()) {
            life.get().abandon(table);
        }
    }
}
