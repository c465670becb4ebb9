package io.vduse4j.nbd;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The clients of a server. Any thread may call. */
final class Connections {
    /** How long a connection may take to notice that it was given up; it does not wait for anything then. */
    private static final Duration LAST = Duration.ofSeconds(1);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition fewer = lock.newCondition();
    private final Set<Connection> all = new HashSet<>();

    void add(Connection connection) {
        lock.lock();
        try {
            all.add(connection);
        } finally {
            lock.unlock();
        }
    }

    void remove(Connection connection) {
        lock.lock();
        try {
            all.remove(connection);
            fewer.signalAll();
        } finally {
            lock.unlock();
        }
    }

    int count() {
        lock.lock();
        try {
            return all.size();
        } finally {
            lock.unlock();
        }
    }

    void forEach(Consumer<Connection> action) {
        copy(connection -> true).forEach(action);
    }

    private List<Connection> copy(Predicate<Connection> which) {
        lock.lock();
        try {
            return all.stream().filter(which).toList();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends some: lets them reply to what is under way, and those that have not in time it ends at once.
     *
     * @param what for the message
     * @throws LinuxException ETIMEDOUT if an export has not completed requests of theirs, or is still used by one
     */
    void end(String what, Predicate<Connection> which, Duration deadline) throws LinuxException {
        copy(which).forEach(Connection::drain);
        if (awaitEnd(which, deadline)) {
            return;
        }
        var late = copy(which);
        late.forEach(Connection::abort);
        boolean ended = awaitEnd(which, LAST);
        int owed = late.stream().mapToInt(Connection::inFlight).sum();
        if (!ended && owed == 0) {
            throw new LinuxException("stop", what, Errno.ETIMEDOUT, "a client's thread has not ended");
        }
        if (owed > 0) {
            throw new LinuxException(
                    "stop", what, Errno.ETIMEDOUT, owed + " requests have not ended below: their memory is kept");
        }
    }

    private boolean awaitEnd(Predicate<Connection> which, Duration deadline) {
        long left = deadline.toNanos();
        lock.lock();
        try {
            while (all.stream().anyMatch(which)) {
                if (left <= 0) {
                    return false;
                }
                left = fewer.awaitNanos(left);
            }
            return true;
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}
