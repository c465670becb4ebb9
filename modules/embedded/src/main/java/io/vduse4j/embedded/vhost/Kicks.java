package io.vduse4j.embedded.vhost;

import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Epoll;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A thread that waits for the kick eventfds of a client and passes the kicks on. The eventfds are not read: each signal is
 * an event of its own (edge-triggered), as in the kernel, and the count stays the client's.
 */
final class Kicks implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int EVENTS_AT_ONCE = 64;

    /** Stands for {@link #wake} among the numbers of queues. */
    private static final long WAKE = -1;

    private final VdpaOps ops;
    private final Epoll epoll;
    private final EventFd wake;
    private final Thread thread;
    private volatile boolean over;

    /** By queue. Guarded by the lock of the open file. */
    private final Map<Integer, EventFd> kicks = new TreeMap<>();

    private Kicks(VdpaOps ops, Epoll epoll, EventFd wake) {
        this.ops = ops;
        this.epoll = epoll;
        this.wake = wake;
        thread = Thread.ofPlatform().daemon().name("vhost-" + ops.name()).unstarted(this::run);
    }

    /** Starts the thread. */
    static Kicks start(VdpaOps ops) throws LinuxException {
        EventFd wake = EventFd.create();
        Epoll epoll = null;
        try {
            epoll = Epoll.create(EVENTS_AT_ONCE);
            epoll.add(wake.fd(), Epoll.EPOLLIN, WAKE);
        } catch (LinuxException problem) {
            wake.close();
            if (epoll != null) {
                epoll.close();
            }
            throw problem;
        }
        var kicks = new Kicks(ops, epoll, wake);
        kicks.thread.start();
        return kicks;
    }

    /** Waits for another eventfd from now on, or for none if null. One that was signalled before counts. */
    void set(int queue, EventFd kick) throws LinuxException {
        EventFd old = kicks.remove(queue);
        if (old != null) {
            epoll.remove(old.fd());
            old.close();
        }
        if (kick != null) {
            kicks.put(queue, kick);
            epoll.add(kick.fd(), Epoll.EPOLLIN | Epoll.EPOLLET, queue);
        }
    }

    private void run() {
        while (!over) {
            int count = epoll.await(-1);
            for (int i = 0; i < count && !over; i++) {
                if (epoll.data(i) != WAKE) {
                    ops.kickVq((int) epoll.data(i));
                }
            }
        }
    }

    /** Ends the thread and forgets the eventfds. */
    @Override
    public void close() {
        over = true;
        wake.signal();
        try {
            if (!thread.join(PATIENCE)) {
                throw new IllegalStateException(thread.getName() + " does not end");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        epoll.close();
        wake.close();
        List<EventFd> all = new ArrayList<>(kicks.values());
        kicks.clear();
        all.forEach(EventFd::close);
    }
}
