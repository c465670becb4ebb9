package io.vduse4j.vduse.host.linux;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Poll;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A descriptor of {@code /dev/vduse}, and an eventfd that ends its waits. */
final class LinuxNode implements VduseNode {
    /** {@code FIONBIO} of {@code asm-generic/ioctls.h}, which x86-64 and aarch64 use: sets O_NONBLOCK of any file. */
    private static final long FIONBIO = 0x5421;

    private static final int EVENTS = POLLIN | POLLOUT | POLLERR;

    /** How long {@link #close} waits for threads that it has woken. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Fd fd;
    private final EventFd wake;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    private LinuxNode(Fd fd, EventFd wake) {
        this.fd = fd;
        this.wake = wake;
    }

    /** Takes over a descriptor in non-blocking mode; closes it if this fails. */
    static LinuxNode of(Fd fd) throws LinuxException {
        try {
            return new LinuxNode(fd, EventFd.create());
        } catch (LinuxException failure) {
            fd.close();
            throw failure;
        }
    }

    /** Takes over a descriptor in any mode; closes it if this fails. */
    static LinuxNode adopt(Fd fd) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var on = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
            long result = fd.ioctl(FIONBIO, on.address());
            if (result < 0) {
                fd.close();
                throw new LinuxException("FIONBIO", fd.name(), (int) -result);
            }
        }
        return of(fd);
    }

    @Override
    public int ioctl(int request, MemorySegment argument) {
        try {
            return (int) fd.ioctl(request, argument.address());
        } finally {
            // The kernel reads and writes by address, which does not keep the memory alive.
            Reference.reachabilityFence(argument);
        }
    }

    @Override
    public int read(MemorySegment into) {
        try {
            return (int) fd.read(into.address(), into.byteSize());
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    @Override
    public int write(MemorySegment from) {
        try {
            return (int) fd.write(from.address(), from.byteSize());
        } finally {
            Reference.reachabilityFence(from);
        }
    }

    @Override
    public int poll(int events, long timeoutMillis) {
        waiting.incrementAndGet();
        try {
            return closed ? -Errno.EBADF : pollOpen(events, timeoutMillis);
        } finally {
            waiting.decrementAndGet();
        }
    }

    private int pollOpen(int events, long timeoutMillis) {
        var poll = new Poll(2);
        poll.set(0, fd, events & EVENTS);
        // Who only looks leaves the wake-up to the thread that waits.
        boolean waits = timeoutMillis != 0;
        if (waits) {
            poll.set(1, wake.fd(), Poll.POLLIN);
        }
        poll.await(timeoutMillis);
        if (closed) {
            // Not drained: it is for every thread that waits.
            return -Errno.EBADF;
        }
        if (waits && poll.revents(1) != 0) {
            wake.drain();
        }
        return poll.revents(0) & EVENTS;
    }

    @Override
    public void wake() {
        wake.signal();
    }

    /**
     * Waits, for at most a second, until the threads inside of {@link #poll} are out: the kernel has the node open as long
     * as they are in, and refuses to destroy the device.
     */
    @Override
    public void close() {
        closed = true;
        wake.signal();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (waiting.get() > 0 && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(Duration.ofNanos(100_000).toNanos());
        }
        fd.close();
        wake.close();
    }
}
