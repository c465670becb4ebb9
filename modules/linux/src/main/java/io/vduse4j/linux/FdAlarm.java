package io.vduse4j.linux;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Warns of an {@link Fd} that nobody closed before it was garbage. It closes nothing: by then the number may already
 * stand for another file (J-10).
 */
final class FdAlarm implements Runnable {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicLong LEAKED = new AtomicLong();

    private final String descriptor;
    private volatile boolean closed;

    private FdAlarm(String descriptor) {
        this.descriptor = descriptor;
    }

    /** An alarm that is set, and the handle that ends it. */
    record Armed(FdAlarm alarm, Cleaner.Cleanable cleanable) {
        void disarm() {
            alarm.closed = true;
            cleanable.clean();
        }
    }

    static Armed arm(Fd fd, String descriptor) {
        var alarm = new FdAlarm(descriptor);
        return new Armed(alarm, CLEANER.register(fd, alarm));
    }

    /** Returns how many descriptors were lost since the start of the process. */
    static long leaked() {
        return LEAKED.get();
    }

    @Override
    public void run() {
        if (!closed) {
            LEAKED.incrementAndGet();
            System.getLogger(Fd.class.getName())
                    .log(System.Logger.Level.WARNING, "file descriptor leaked: {0} was never closed", descriptor);
        }
    }
}
