package io.vduse4j.dataplane.harness;

import java.util.ArrayDeque;
import java.util.Deque;

/** Keeps requests until the test lets them go. */
public final class Held implements EchoDevice.Outside {

    private final Deque<EchoDevice.Job> jobs = new ArrayDeque<>();

    /** Holds nothing yet. */
    public Held() {}

    @Override
    public synchronized void begin(EchoDevice.Job job) {
        jobs.add(job);
    }

    /** How many are held. */
    public synchronized int count() {
        return jobs.size();
    }

    /** Lets the oldest go. */
    public synchronized void releaseOne() {
        jobs.remove().finish();
    }

    /** Lets all go. */
    public synchronized void releaseAll() {
        while (!jobs.isEmpty()) {
            jobs.remove().finish();
        }
    }
}
