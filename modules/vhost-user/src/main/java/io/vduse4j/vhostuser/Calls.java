package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.Interrupts;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The descriptors by which the driver is interrupted, one a ring. A front end that polls gives none. They change while
 * workers signal (VU-03): a worker that still has the old one signals it, or nothing.
 */
final class Calls implements Interrupts, AutoCloseable {

    private final AtomicReferenceArray<EventFd> calls;

    Calls(int rings) {
        calls = new AtomicReferenceArray<>(rings);
    }

    @Override
    public int interrupt(int queue) {
        EventFd call = calls.get(queue);
        if (call == null) {
            return 0;
        }
        int result = call.signal();
        return result == -Errno.EBADF ? 0 : result; // replaced in this moment, and the new one was signalled
    }

    /** Takes another descriptor, and signals it: an interrupt may just have gone to the old one. */
    void set(int queue, Optional<EventFd> call) {
        EventFd old = calls.getAndSet(queue, call.orElse(null));
        if (old != null) {
            old.close();
        }
        interrupt(queue);
    }

    @Override
    public void close() {
        for (int i = 0; i < calls.length(); i++) {
            set(i, Optional.empty());
        }
    }
}
