package io.vduse4j.dataplane;

import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.dataplane.inflight.InflightLogException;
import io.vduse4j.dataplane.inflight.QueueLog;
import io.vduse4j.dataplane.inflight.Recovered;
import io.vduse4j.linux.Failpoint;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.Virtqueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The beginning of a queue: what a process that has died had in flight is done again, in the order in which it was taken,
 * before anything new is taken from any queue of the device; then what it had held back and not begun (CR-01, CR-04).
 * Belongs to the queue's worker.
 */
final class Resubmission {

    /** A queue of the device that is not started again is not waited for any longer. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();

    private final int index;
    private final Virtqueue queue;
    private final QueueLog log;
    private final InflightLog logs;
    private final List<Taken> heldBack = new ArrayList<>();
    private boolean begun;
    private boolean told;
    private boolean over;

    /** Chains that were begun again and wait, since another one seemed to overlap them. */
    private int held;

    private long since;

    /** What becomes of a chain that is done again. */
    interface Again {
        /**
         * Begins with it.
         *
         * @param poison whether it has taken the process down too often, so that it is refused instead (CR-13)
         */
        void begin(Chain chain, boolean poison);
    }

    private record Taken(Chain chain, Recovered recovered) {}

    Resubmission(int index, Virtqueue queue, QueueLog log, InflightLog logs) {
        this.index = index;
        this.queue = queue;
        this.log = log;
        this.logs = logs;
    }

    /** Whether new chains may be taken. */
    boolean isOver() {
        return over;
    }

    /** Whether a step was taken. */
    boolean hasBegun() {
        return begun;
    }

    /**
     * Goes a step further. The queue is attached.
     *
     * @return how many chains were begun
     * @throws InflightLogException if the log is not to be believed; the queue must not be used then
     */
    int step(Again again) throws InflightLogException {
        int done = 0;
        if (!begun) {
            begun = true;
            since = System.nanoTime();
            try {
                done = log.isFresh() ? start() : redo(again);
            } catch (InflightLogException e) {
                logs.recovered(index);
                throw e;
            }
        }
        if (!told && held == 0) {
            told = true;
            logs.recovered(index);
        }
        if (logs.isRecovered() || System.nanoTime() - since > PATIENCE_NANOS) {
            for (Taken taken : heldBack) {
                begin(taken, again);
                done++;
            }
            heldBack.clear();
            over = true;
        }
        return done;
    }

    /** A chain of the queue waits for one that it may overlap. */
    void heldBack() {
        held++;
    }

    /** A chain that has waited starts. */
    void started() {
        held--;
    }

    private int start() {
        log.begin(queue.state().used());
        return 0;
    }

    private int redo(Again again) throws InflightLogException {
        int used = queue.usedPosition(log.before(), log.after(), log.batch());
        List<Recovered> chains = log.recover(used);
        queue.resumeAt(used);
        List<Taken> retaken = new ArrayList<>();
        for (Recovered recovered : chains) {
            Chain chain = queue.retake(recovered.entry(), recovered.list());
            log.retaken(queue.slotOf(chain), recovered);
            retaken.add(new Taken(chain, recovered));
        }
        Failpoint.reach("resubmit");
        int done = 0;
        for (Taken taken : retaken) {
            if (taken.recovered().waiting()) {
                heldBack.add(taken);
            } else {
                begin(taken, again);
                done++;
                Failpoint.reach("resubmit.begun");
            }
        }
        return done;
    }

    private void begin(Taken taken, Again again) {
        log.begins(queue.slotOf(taken.chain())); // before its effect; it may have to wait once more
        again.begin(taken.chain(), taken.recovered().isPoison());
    }
}
