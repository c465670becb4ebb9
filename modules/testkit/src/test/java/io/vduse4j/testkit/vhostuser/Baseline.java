package io.vduse4j.testkit.vhostuser;

import io.vduse4j.testkit.hostile.Footprint;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/** What the process holds when nobody is connected: it must come back to that. */
final class Baseline {

    private static final long PATIENCE_NANOS = 20_000_000_000L;
    private static final long PAUSE_NANOS = 2_000_000;

    private final Footprint before;

    /** Connects and goes once, so that what is loaded once is loaded, and takes the measure. */
    Baseline(UserRig rig) throws IOException {
        try (var steps = new Steps()) {
            try (var socket = FrontEndSocket.connect(rig.path, UserRig.PATIENCE)) {
                steps.play(socket, steps.all().size());
            }
            awaitIdle(rig);
        }
        before = now();
    }

    /** Of the threads only ours: the JVM and the tests have some that come and go. */
    private static Footprint now() throws IOException {
        Footprint all = Footprint.now();
        long threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("vhost-user")
                        || thread.getName().startsWith("vduse"))
                .count();
        return new Footprint(all.descriptors(), all.mappings(), threads);
    }

    /** Waits until the server takes the next front end: the last one has ended then. */
    private static void awaitIdle(UserRig rig) throws IOException {
        try (var frontEnd = rig.connect()) {
            frontEnd.negotiate();
        }
        LockSupport.parkNanos(100 * PAUSE_NANOS); // the end of this one has no other sign
    }

    /** Waits until the process holds what it held. */
    void check(String what) throws IOException {
        check(what, 0, 0);
    }

    /**
     * Waits until the process holds what it held, and something more.
     *
     * @param descriptors how many more
     * @param mappings how many more
     */
    void check(String what, int descriptors, int mappings) throws IOException {
        var expected =
                new Footprint(before.descriptors() + descriptors, before.mappings() + mappings, before.threads());
        long end = System.nanoTime() + PATIENCE_NANOS;
        Footprint now = now();
        while (!now.equals(expected)) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(what + ": " + now + " is held, not " + expected);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            now = now();
        }
    }
}
