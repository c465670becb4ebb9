package io.vduse4j.testkit;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Poll;
import java.time.Duration;

/** Kicks and interrupts of a queue by eventfds, as vhost-vdpa and vhost-user have them. */
public final class EventFdSignals implements QueueSignals, AutoCloseable {

    private final EventFd kick;
    private final EventFd call;
    private final Poll poll = new Poll(1);

    /** Makes both. */
    public EventFdSignals() throws LinuxException {
        kick = EventFd.create();
        try {
            call = EventFd.create();
        } catch (LinuxException problem) {
            kick.close();
            throw problem;
        }
        poll.set(0, call.fd(), Poll.POLLIN);
    }

    /** What the device waits for; stays this object's. */
    public EventFd kickFd() {
        return kick;
    }

    /** What the device signals; stays this object's. */
    public EventFd callFd() {
        return call;
    }

    @Override
    public void kick() {
        int errno = -kick.signal();
        if (errno != 0) {
            throw new IllegalStateException("kick: " + Errno.name(errno));
        }
    }

    @Override
    public boolean awaitInterrupt(Duration timeout) {
        // Rounded up, so that a wait is never shorter than asked for.
        poll.await(Math.max(0, timeout.plusNanos(999_999).toMillis()));
        return call.drain() > 0;
    }

    /** Closes both. */
    @Override
    public void close() {
        kick.close();
        call.close();
    }
}
