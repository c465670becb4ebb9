package io.vduse4j.vduse.host.remote;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A node that this process has open at a kernel process. A lost kernel process answers {@code -EIO} to everything. */
final class RemoteNode implements VduseNode {
    private static final int EVENTS = POLLIN | POLLOUT | POLLERR;

    /** The end of a poll that was woken. */
    private static final Frame WOKEN = Frame.of(Op.CANCEL, 0, 0);

    /** The end of a poll whose node was closed. */
    private static final Frame CLOSED = Frame.of(Op.CLOSE, 0, -Errno.EBADF);

    private final ClientConnection connection;
    private final int number;
    // Guarded by this, as is what is in it.
    private final List<PendingCall> polls = new ArrayList<>();
    private boolean woken;
    private volatile boolean closed;

    /**
     * Stands for an open node.
     *
     * @param number what the server calls it
     */
    RemoteNode(ClientConnection connection, int number) {
        this.connection = connection;
        this.number = number;
    }

    @Override
    public int ioctl(int request, MemorySegment argument) {
        if (closed) {
            return -Errno.EBADF;
        }
        if (argument.isReadOnly() && IoctlShape.isWrittenBack(request)) {
            return -Errno.EFAULT;
        }
        long length = Math.min(argument.byteSize(), IoctlShape.wanted(request, argument));
        var bytes = argument.asSlice(0, length).toArray(JAVA_BYTE);
        if (!IoctlShape.namesDescriptor(request, bytes)) {
            return ioctl(request, argument, bytes, List.of());
        }
        int named = MemorySegment.ofArray(bytes).get(JAVA_INT_UNALIGNED, VqEventfdLayout.FD);
        try (var descriptor = Fd.duplicateOf(named, "descriptor for an ioctl")) {
            return ioctl(request, argument, bytes, List.of(descriptor));
        } catch (LinuxException failure) {
            // The server's host says EBADF itself, after what it checks before.
            return failure.errno() == Errno.EBADF ? ioctl(request, argument, bytes, List.of()) : -failure.errno();
        }
    }

    private int ioctl(int request, MemorySegment argument, byte[] bytes, List<Fd> descriptors) {
        var body = new BodyWriter().u32(request).bytes(bytes).body();
        var answer = connection.call(Op.IOCTL, number, body, descriptors);
        // Also with a negative result, as a system call may have written before it failed.
        if (answer.op() == Op.IOCTL.number() && IoctlShape.isWrittenBack(request)) {
            MemorySegment.copy(answer.body(), 0, argument, JAVA_BYTE, 0, Math.min(bytes.length, answer.body().length));
        }
        if (answer.value() < 0 || !IoctlShape.answersDescriptor(request)) {
            answer.discard();
            return answer.value();
        }
        if (answer.lost() || answer.descriptors().isEmpty()) {
            return answer.lost() ? -Errno.EMFILE : -Errno.EPROTO;
        }
        return answer.descriptors().getFirst().handOver();
    }

    @Override
    public int read(MemorySegment into) {
        if (closed) {
            return -Errno.EBADF;
        }
        if (into.isReadOnly()) {
            // Before the message is taken, which must stay.
            return -Errno.EFAULT;
        }
        int length = (int) Math.min(into.byteSize(), Protocol.MAX_MESSAGE);
        var answer =
                connection.call(Op.READ, number, new BodyWriter().u32(length).body());
        answer.discard();
        if (answer.value() <= 0) {
            return answer.value();
        }
        if (answer.value() > length || answer.body().length != answer.value()) {
            return -Errno.EPROTO;
        }
        MemorySegment.copy(answer.body(), 0, into, JAVA_BYTE, 0, answer.value());
        return answer.value();
    }

    @Override
    public int write(MemorySegment from) {
        if (closed) {
            return -Errno.EBADF;
        }
        long length = Math.min(from.byteSize(), Protocol.MAX_MESSAGE);
        var answer = connection.call(Op.WRITE, number, from.asSlice(0, length).toArray(JAVA_BYTE));
        answer.discard();
        return answer.value();
    }

    @Override
    public int poll(int events, long timeoutMillis) {
        if (timeoutMillis == 0) {
            return closed ? -Errno.EBADF : look(events);
        }
        var call = new PendingCall();
        boolean wasWoken;
        synchronized (this) {
            if (closed) {
                return -Errno.EBADF;
            }
            // It was for the next wait, which is this one.
            wasWoken = woken;
            woken = false;
            if (!wasWoken) {
                polls.add(call);
            }
        }
        return wasWoken ? look(events) : await(call, events, timeoutMillis);
    }

    private int look(int events) {
        var answer = connection.call(Op.POLL, number, body(events, 0));
        answer.discard();
        return result(answer);
    }

    private int await(PendingCall call, int events, long timeoutMillis) {
        int id = connection.send(call, Op.POLL, number, body(events, timeoutMillis), List.of());
        var patience = connection.patience();
        // Without a deadline if the caller has none: the end of the server ends it.
        long nanos = timeoutMillis < 0 || timeoutMillis > Duration.ofDays(1000).toMillis()
                ? Long.MAX_VALUE
                : patience.plusMillis(timeoutMillis).toNanos();
        var answer = call.await(nanos).orElseGet(connection::silent);
        synchronized (this) {
            polls.remove(call);
        }
        answer.discard();
        if (answer.op() == WOKEN.op()) {
            connection.post(
                    Frame.of(Op.CANCEL, 0, number, new BodyWriter().u32(id).body()));
        }
        return result(answer);
    }

    private static byte[] body(int events, long timeoutMillis) {
        return new BodyWriter().u32(events).s64(timeoutMillis).body();
    }

    private static int result(Frame answer) {
        return answer.value() < 0 ? answer.value() : answer.value() & EVENTS;
    }

    /** Does no I/O: the thread that is woken tells the server. */
    @Override
    public synchronized void wake() {
        for (var call : polls) {
            if (call.complete(WOKEN)) {
                return;
            }
        }
        woken = true;
    }

    /** Returns when the server has closed the node, so that its device can be destroyed or opened by others. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            polls.forEach(call -> call.complete(CLOSED));
        }
        connection.call(Op.CLOSE, number, new byte[0]).discard();
    }
}
