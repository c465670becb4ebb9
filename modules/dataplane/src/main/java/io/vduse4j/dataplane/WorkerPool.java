package io.vduse4j.dataplane;

import io.vduse4j.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;

/** Workers that are shared by the queues of all devices of the process, or that serve one device alone. */
public final class WorkerPool implements AutoCloseable {

    private final List<Worker> workers = new ArrayList<>();
    private int next;

    /**
     * Starts workers.
     *
     * @param count how many, at least 1
     * @param pollNanos how long each spins before it sleeps
     * @param cpus the CPUs that they may run on; none for all
     * @throws LinuxException if there are no descriptors left
     */
    public WorkerPool(int count, long pollNanos, int... cpus) throws LinuxException {
        try {
            for (int i = 0; i < count; i++) {
                workers.add(new Worker("vduse-worker-" + i, pollNanos, cpus));
            }
        } catch (LinuxException e) {
            close();
            throw e;
        }
    }

    /** The workers for so many queues, in turn, so that devices spread over the pool. */
    synchronized List<Worker> forQueues(int queues) {
        List<Worker> chosen = new ArrayList<>(queues);
        for (int i = 0; i < queues; i++) {
            chosen.add(workers.get(next));
            next = (next + 1) % workers.size();
        }
        return chosen;
    }

    /** How many workers there are. Never changes. */
    int size() {
        return workers.size();
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
    }
}
