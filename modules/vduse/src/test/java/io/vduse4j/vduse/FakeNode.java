package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.ToIntFunction;

/** A node that records the bytes it is given and answers by a script; without one, with 0. */
final class FakeNode implements VduseNode {

    /** One call: what was done, the ioctl number or 0, the argument's bytes as they came in. */
    @SuppressWarnings("ArrayRecordComponent") // compared by its bytes, never by equals
    record Call(String kind, int request, byte[] bytes) {}

    final List<Call> calls = new ArrayList<>();
    private final Queue<ToIntFunction<MemorySegment>> script = new ArrayDeque<>();
    int events;
    boolean closed;

    /** The next call is answered with a number. */
    FakeNode answer(int result) {
        return answer(argument -> result);
    }

    /** The next call is answered by looking at, or writing to, its argument. */
    FakeNode answer(ToIntFunction<MemorySegment> next) {
        script.add(next);
        return this;
    }

    Call only() {
        if (calls.size() != 1) {
            throw new AssertionError(calls.size() + " calls: " + calls);
        }
        return calls.getFirst();
    }

    private int next(String kind, int request, MemorySegment argument) {
        calls.add(new Call(kind, request, argument.toArray(ValueLayout.JAVA_BYTE)));
        return closed ? -Errno.EBADF : script.isEmpty() ? 0 : script.remove().applyAsInt(argument);
    }

    @Override
    public int ioctl(int request, MemorySegment argument) {
        return next("ioctl", request, argument);
    }

    @Override
    public int read(MemorySegment into) {
        return next("read", 0, into);
    }

    @Override
    public int write(MemorySegment from) {
        return next("write", 0, from);
    }

    @Override
    public int poll(int interest, long timeoutMillis) {
        return events & (interest | POLLERR);
    }

    @Override
    public void wake() {
        events |= POLLOUT;
    }

    @Override
    public void close() {
        closed = true;
    }
}
