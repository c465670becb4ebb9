package io.vduse4j.dataplane;

import java.util.ArrayList;
import java.util.List;

/**
 * How far an agent is with leaving older memory behind (BUG-11): counts what is in flight there, and keeps who wants to
 * be told when nothing is. Memory may change again while a request is stuck, hence there may be several. The worker's
 * own.
 */
final class OldMemory {

    private final List<Runnable> waiting = new ArrayList<>();
    private long generation;
    private int inFlight;

    /** The first memory: nothing lies in an older one. */
    void begin(long first) {
        generation = first;
    }

    /**
     * Goes over to newer memory.
     *
     * @param newer its generation
     * @param older how many requests in flight lie in older memory
     * @param passed told by {@link #tellIf}
     */
    void leave(long newer, int older, Runnable passed) {
        generation = newer;
        inFlight = older;
        waiting.add(passed);
    }

    /** A request has ended that lies in memory of this generation. */
    void completed(long chainGeneration) {
        if (chainGeneration < generation && inFlight > 0) {
            inFlight--;
        }
    }

    /** Tells everybody, if nothing in flight lies in older memory or if nothing is in flight at all. */
    void tellIf(boolean nothingInFlight) {
        if (waiting.isEmpty() || !(inFlight == 0 || nothingInFlight)) {
            return;
        }
        List<Runnable> told = List.copyOf(waiting);
        waiting.clear();
        told.forEach(Runnable::run);
    }
}
