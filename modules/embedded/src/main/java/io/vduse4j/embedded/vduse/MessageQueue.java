package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The messages of a device: those that the daemon has not read, and those that it owes a reply (kernel-behaviour 3). Each
 * message is on exactly one of the lists until it is done. Outlives every opening of the node. Safe from several threads.
 */
final class MessageQueue {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Message> unread = new ArrayDeque<>();
    private final List<Message> owed = new ArrayList<>();
    private int nextId;
    private volatile boolean broken;

    /** Whether a message was not answered in time: for good. */
    boolean isBroken() {
        return broken;
    }

    /**
     * Sends a message and waits for the reply (3.1). Whose thread is interrupted, as a process that is killed, stops
     * waiting and breaks nothing.
     *
     * @param timeoutSeconds longest wait; 0 for no limit but {@link #breakDevice}
     * @return 0, or -EIO
     */
    int send(Message message, long timeoutSeconds) {
        lock.lock();
        try {
            if (broken) {
                return -Errno.EIO;
            }
            message.number(nextId++);
            unread.addLast(message);
            changed.signalAll();
            await(message, timeoutSeconds);
            return message.isOk() ? 0 : -Errno.EIO;
        } catch (InterruptedException killed) {
            forget(message);
            Thread.currentThread().interrupt();
            return message.isOk() ? 0 : -Errno.EIO;
        } finally {
            lock.unlock();
        }
    }

    private void await(Message message, long timeoutSeconds) throws InterruptedException {
        long left = TimeUnit.SECONDS.toNanos(timeoutSeconds);
        while (!message.isDone()) {
            if (timeoutSeconds == 0) {
                changed.await();
            } else if (left > 0) {
                left = changed.awaitNanos(left);
            } else {
                breakDevice();
                return;
            }
        }
    }

    private void forget(Message message) {
        unread.remove(message);
        owed.remove(message);
    }

    /** Nothing is answered any more: all that wait for a reply fail, now and from now on. */
    void breakDevice() {
        lock.lock();
        try {
            broken = true;
            unread.forEach(Message::fail);
            owed.forEach(Message::fail);
            unread.clear();
            owed.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** read(2) of a node in non-blocking mode (3.3). */
    int read(MemorySegment into) {
        if (into.byteSize() < DevRequestLayout.SIZE) {
            return -Errno.EINVAL;
        }
        lock.lock();
        try {
            var message = unread.peekFirst();
            if (message == null) {
                return -Errno.EAGAIN;
            }
            if (UserCopy.to(into, message.request()) < 0) {
                return -Errno.EFAULT;
            }
            owed.add(unread.removeFirst());
            return DevRequestLayout.SIZE;
        } finally {
            lock.unlock();
        }
    }

    /** write(2) of a node (3.4). */
    int write(MemorySegment from) {
        if (!UserCopy.isReadable(from, DevResponseLayout.SIZE)) {
            return -Errno.EINVAL;
        }
        var response = UserCopy.from(from, DevResponseLayout.SIZE);
        if (!UserCopy.isZero(response, DevResponseLayout.RESERVED, DevResponseLayout.VQ_INDEX)) {
            return -Errno.EINVAL;
        }
        int id = response.get(JAVA_INT_UNALIGNED, DevResponseLayout.REQUEST_ID);
        lock.lock();
        try {
            for (var message : owed) {
                if (message.id() == id) {
                    owed.remove(message);
                    message.answer(response);
                    changed.signalAll();
                    return DevResponseLayout.SIZE;
                }
            }
            return -Errno.ENOENT;
        } finally {
            lock.unlock();
        }
    }

    /** poll(2) of a node (3.5), and the waking of {@link VduseNode#poll}. */
    int poll(OpenFile file, int events, long timeoutMillis) {
        long left = timeoutMillis < 0 ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        boolean interrupted = false;
        lock.lock();
        try {
            while (true) {
                if (file.isClosed()) {
                    // The wake-up stays: it is for every thread that waits.
                    return -Errno.EBADF;
                }
                int now = events(events);
                if (now != 0 || timeoutMillis == 0 || file.isWoken() || left <= 0) {
                    if (timeoutMillis != 0) {
                        file.consumeWake();
                    }
                    return now;
                }
                long deadline = System.nanoTime() + left;
                try {
                    left = changed.awaitNanos(left);
                } catch (InterruptedException e) {
                    // As a signal that poll(2) is repeated after.
                    interrupted = true;
                    left = timeoutMillis < 0 ? left : deadline - System.nanoTime();
                }
            }
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private int events(int asked) {
        int now = broken ? VduseNode.POLLERR : 0;
        now |= unread.isEmpty() ? 0 : asked & VduseNode.POLLIN;
        return now | (owed.isEmpty() ? 0 : asked & VduseNode.POLLOUT);
    }

    /** Ends a wait early. */
    void wake(OpenFile file) {
        lock.lock();
        try {
            file.wake();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the waits of a node that closes; who opens the device next reads first what this one owed (3.6). */
    void release(OpenFile file) {
        lock.lock();
        try {
            file.close();
            owed.reversed().forEach(unread::addFirst);
            owed.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
