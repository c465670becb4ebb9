package io.vduse4j.vduse.host.remote;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A device of one byte a message: read and unanswered ones are read again by who opens it next, as a kernel does. Notes
 * every ioctl as it arrives.
 */
final class ScriptedDevice {
    /** One ioctl: its number, the bytes of its argument, and whether there was an argument at all. */
    @SuppressWarnings("ArrayRecordComponent") // compared by its bytes, never by equals
    record Call(int request, byte[] argument, boolean isNull) {}

    private final String name;
    private final Deque<Byte> unread = new ArrayDeque<>();
    private final Deque<Byte> owed = new ArrayDeque<>();
    private final List<Call> calls = new ArrayList<>();
    private Node connected;
    private Fd memory;
    private EventFd kick;
    private int kickNumber;
    private int answer;

    ScriptedDevice(String name) {
        this.name = name;
    }

    synchronized VduseNode open() throws LinuxException {
        if (connected != null && !name.equals("control")) {
            throw new LinuxException("open", name, Errno.EBUSY);
        }
        connected = new Node();
        return connected;
    }

    synchronized boolean isOpen() {
        return connected != null;
    }

    /** How many threads wait in polls. */
    synchronized int waiting() {
        return connected == null ? 0 : connected.waiting;
    }

    synchronized void send(int message) {
        unread.add((byte) message);
        notifyAll();
    }

    /** What ioctls answer from now on that this class does not know. */
    synchronized void answer(int result) {
        answer = result;
    }

    /** What GET_FD hands out. */
    synchronized void memory(Fd file) {
        memory = file;
    }

    /** The eventfd that was set up last, and the number by which it was named. */
    synchronized EventFd kick() {
        return kick;
    }

    synchronized int kickNumber() {
        return kickNumber;
    }

    synchronized Call last() {
        return calls.getLast();
    }

    synchronized int calls() {
        return calls.size();
    }

    /** One opening. */
    private final class Node implements VduseNode {
        private boolean woken;
        private boolean closed;
        private int waiting;

        @Override
        public int ioctl(int request, MemorySegment argument) {
            synchronized (ScriptedDevice.this) {
                calls.add(new Call(request, argument.toArray(JAVA_BYTE), argument.address() == 0));
                try {
                    return switch (request) {
                        case VduseIoctl.VDUSE_VQ_SETUP_KICKFD -> kick(argument);
                        case VduseIoctl.VDUSE_IOTLB_GET_FD ->
                            memory == null ? -Errno.EINVAL : memory.duplicate().handOver();
                        case VduseIoctl.VDUSE_DEV_GET_FEATURES -> {
                            argument.set(JAVA_LONG, 0, 0x1_0000_0003L);
                            yield 0;
                        }
                        case VduseIoctl.VDUSE_VQ_GET_INFO -> {
                            argument.set(JAVA_INT, 4, 256);
                            yield answer;
                        }
                        default -> answer;
                    };
                } catch (LinuxException failure) {
                    return -failure.errno();
                }
            }
        }

        private int kick(MemorySegment argument) throws LinuxException {
            kickNumber = argument.get(JAVA_INT, VqEventfdLayout.FD);
            if (kickNumber >= 0) {
                kick = EventFd.adoptForeign(Fd.duplicateOf(kickNumber, "kick"));
            }
            return 0;
        }

        @Override
        public int read(MemorySegment into) {
            synchronized (ScriptedDevice.this) {
                if (into.byteSize() < 2) {
                    return -Errno.EINVAL;
                }
                if (unread.isEmpty()) {
                    return -Errno.EAGAIN;
                }
                owed.add(unread.peek());
                into.set(JAVA_BYTE, 0, unread.remove());
                into.set(JAVA_BYTE, 1, (byte) 0x55);
                return 2;
            }
        }

        @Override
        public int write(MemorySegment from) {
            synchronized (ScriptedDevice.this) {
                return from.byteSize() > 0 && owed.remove(from.get(JAVA_BYTE, 0)) ? 1 : -Errno.ENOENT;
            }
        }

        @Override
        public int poll(int events, long timeoutMillis) {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
            synchronized (ScriptedDevice.this) {
                waiting++;
                try {
                    while (true) {
                        int now = (unread.isEmpty() ? 0 : events & POLLIN) | (owed.isEmpty() ? 0 : events & POLLOUT);
                        long left = timeoutMillis < 0 ? Long.MAX_VALUE : deadline - System.nanoTime();
                        if (closed) {
                            return -Errno.EBADF;
                        }
                        if (now != 0 || timeoutMillis == 0 || woken || left <= 0) {
                            woken &= timeoutMillis == 0;
                            return now;
                        }
                        TimeUnit.NANOSECONDS.timedWait(ScriptedDevice.this, Math.max(left, 1_000_000));
                    }
                } catch (InterruptedException ended) {
                    return -Errno.EINTR;
                } finally {
                    waiting--;
                }
            }
        }

        @Override
        public void wake() {
            synchronized (ScriptedDevice.this) {
                woken = true;
                ScriptedDevice.this.notifyAll();
            }
        }

        @Override
        public void close() {
            synchronized (ScriptedDevice.this) {
                closed = true;
                if (connected == this) {
                    connected = null;
                }
                if (kick != null) {
                    kick.close();
                }
                owed.reversed().forEach(unread::addFirst);
                owed.clear();
                ScriptedDevice.this.notifyAll();
            }
        }
    }
}
