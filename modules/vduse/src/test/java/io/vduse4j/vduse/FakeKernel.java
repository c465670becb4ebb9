package io.vduse4j.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The kernel's side of a device node: it sends messages and takes replies, knows the queues and hands out memory, all as
 * the test says. What it was told to do stands in {@link #log}, in its order.
 */
final class FakeKernel implements VduseNode {

    /** A region that GET_FD hands out. */
    record Entry(long start, long last, long offset, int perm, Fd file) {}

    /** A reply: whether it was a success, the avail index if it has one, and how long it took. */
    record Reply(boolean ok, int index, int availIndex, Duration took) {}

    /** The server owns the numbers from then on; nothing here must close or miss them. */
    private static final List<Fd> GIVEN = new ArrayList<>();

    final List<String> log = new ArrayList<>();
    final Map<Integer, QueueInfo> queues = new HashMap<>();
    final List<Entry> entries = new ArrayList<>();
    final Map<Integer, EventFd> kicks = new HashMap<>();
    final Map<Integer, Integer> interrupts = new TreeMap<>();
    long features;
    boolean broken;
    boolean nobodyWaits;
    byte[] config = {};
    int lookUps;
    int polls;

    private final Deque<byte[]> unread = new ArrayDeque<>();
    private final Map<Integer, Long> sent = new HashMap<>();
    private final Map<Integer, Reply> replies = new HashMap<>();
    private int nextId;
    private boolean woken;

    synchronized int setStatus(int status) {
        return send(
                VduseAbi.VDUSE_SET_STATUS, Bytes.zeros(DevRequestLayout.SIZE).u8(DevRequestLayout.STATUS, status));
    }

    synchronized int getQueueState(int index) {
        return send(
                VduseAbi.VDUSE_GET_VQ_STATE, Bytes.zeros(DevRequestLayout.SIZE).u32(DevRequestLayout.VQ_INDEX, index));
    }

    synchronized int updateIotlb() {
        return send(
                VduseAbi.VDUSE_UPDATE_IOTLB, Bytes.zeros(DevRequestLayout.SIZE).u64(DevRequestLayout.IOVA_LAST, -1));
    }

    synchronized int send(int type, Bytes message) {
        int id = nextId++;
        unread.add(message.u32(DevRequestLayout.TYPE, type)
                .u32(DevRequestLayout.REQUEST_ID, id)
                .array());
        sent.put(id, System.nanoTime());
        notifyAll();
        return id;
    }

    /** Waits for the reply to a message. */
    synchronized Reply await(int id) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!replies.containsKey(id)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("no reply to message " + id + "; " + log);
            }
            pause(left);
        }
        return replies.get(id);
    }

    synchronized boolean hasReply(int id) {
        return replies.containsKey(id);
    }

    synchronized int unread() {
        return unread.size();
    }

    synchronized int interrupts(int queue) {
        return interrupts.getOrDefault(queue, 0);
    }

    synchronized EventFd kick(int queue) {
        return kicks.get(queue);
    }

    synchronized List<String> log() {
        return List.copyOf(log);
    }

    /** The kernel gives the device up. */
    synchronized void breakDevice() {
        broken = true;
        notifyAll();
    }

    private void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(nanos, 1_000_000));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public synchronized int poll(int events, long timeoutMillis) {
        polls++;
        long deadline = System.nanoTime() + timeoutMillis * 1_000_000;
        while (true) {
            int now = (broken ? POLLERR : 0) | (unread.isEmpty() ? 0 : events & POLLIN);
            long left = timeoutMillis < 0 ? Long.MAX_VALUE : deadline - System.nanoTime();
            if (now != 0 || timeoutMillis == 0 || woken || left <= 0) {
                woken &= timeoutMillis == 0;
                return now;
            }
            pause(left);
        }
    }

    @Override
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    @Override
    public synchronized int read(MemorySegment into) {
        if (unread.isEmpty()) {
            return -Errno.EAGAIN;
        }
        into.copyFrom(MemorySegment.ofArray(unread.remove()));
        return DevRequestLayout.SIZE;
    }

    @Override
    public synchronized int write(MemorySegment from) {
        int id = from.get(JAVA_INT, DevResponseLayout.REQUEST_ID);
        boolean ok = from.get(JAVA_INT, DevResponseLayout.RESULT) == VduseAbi.VDUSE_REQ_RESULT_OK;
        log.add("reply " + id + (ok ? " ok" : " failed"));
        if (nobodyWaits || replies.containsKey(id) || !sent.containsKey(id)) {
            return -Errno.ENOENT;
        }
        replies.put(
                id,
                new Reply(
                        ok,
                        from.get(JAVA_INT, DevResponseLayout.VQ_INDEX),
                        Short.toUnsignedInt(from.get(JAVA_SHORT, DevResponseLayout.SPLIT_AVAIL_INDEX)),
                        Duration.ofNanos(System.nanoTime() - sent.get(id))));
        notifyAll();
        return DevResponseLayout.SIZE;
    }

    @Override
    public synchronized int ioctl(int request, MemorySegment argument) {
        try {
            return switch (request) {
                case VduseIoctl.VDUSE_DEV_GET_FEATURES -> {
                    argument.set(JAVA_LONG, 0, features);
                    yield 0;
                }
                case VduseIoctl.VDUSE_VQ_GET_INFO -> queueInfo(argument);
                case VduseIoctl.VDUSE_VQ_SETUP_KICKFD -> kick(argument);
                case VduseIoctl.VDUSE_IOTLB_GET_FD -> memory(argument);
                case VduseIoctl.VDUSE_VQ_INJECT_IRQ -> {
                    int queue = argument.get(JAVA_INT, 0);
                    log.add("interrupt " + queue);
                    interrupts.merge(queue, 1, Integer::sum);
                    yield 0;
                }
                case VduseIoctl.VDUSE_DEV_SET_CONFIG -> {
                    int length = argument.get(JAVA_INT, ConfigDataLayout.LENGTH);
                    config = argument.asSlice(ConfigDataLayout.BUFFER, length).toArray(JAVA_BYTE);
                    yield 0;
                }
                case VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ -> {
                    log.add("config interrupt");
                    yield 0;
                }
                default -> throw new AssertionError("ioctl 0x" + Integer.toHexString(request));
            };
        } catch (LinuxException e) {
            return -e.errno();
        }
    }

    private int queueInfo(MemorySegment argument) {
        int index = argument.get(JAVA_INT, VqInfoLayout.INDEX);
        QueueInfo info = queues.getOrDefault(index, new QueueInfo(0, 0, 0, 0, 0, VirtqueueState.split(0), false));
        argument.set(JAVA_INT, VqInfoLayout.NUM, info.num());
        argument.set(JAVA_LONG, VqInfoLayout.DESC_ADDR, info.descAddress());
        argument.set(JAVA_LONG, VqInfoLayout.DRIVER_ADDR, info.driverAddress());
        argument.set(JAVA_LONG, VqInfoLayout.DEVICE_ADDR, info.deviceAddress());
        argument.set(JAVA_SHORT, VqInfoLayout.SPLIT_AVAIL_INDEX, (short) info.availIndex());
        argument.set(JAVA_BYTE, VqInfoLayout.READY, (byte) (info.ready() ? 1 : 0));
        return 0;
    }

    /** Takes a reference of its own, as the kernel does. */
    private int kick(MemorySegment argument) throws LinuxException {
        int queue = argument.get(JAVA_INT, VqEventfdLayout.INDEX);
        EventFd before = kicks.remove(queue);
        if (before != null) {
            before.close();
        }
        Fd given = Fd.adopt(argument.get(JAVA_INT, VqEventfdLayout.FD), "the server's kick");
        GIVEN.add(given);
        kicks.put(queue, EventFd.adopt(given.duplicate()));
        log.add("kick " + queue);
        return 0;
    }

    private int memory(MemorySegment argument) throws LinuxException {
        lookUps++;
        long first = argument.get(JAVA_LONG, IotlbEntryLayout.START);
        long last = argument.get(JAVA_LONG, IotlbEntryLayout.LAST);
        for (Entry entry : entries) {
            if (Long.compareUnsigned(entry.start, last) <= 0 && Long.compareUnsigned(entry.last, first) >= 0) {
                argument.set(JAVA_LONG, IotlbEntryLayout.START, entry.start);
                argument.set(JAVA_LONG, IotlbEntryLayout.LAST, entry.last);
                argument.set(JAVA_LONG, IotlbEntryLayout.OFFSET, entry.offset);
                argument.set(JAVA_BYTE, IotlbEntryLayout.PERM, (byte) entry.perm);
                Fd given = entry.file.duplicate();
                GIVEN.add(given);
                return given.number();
            }
        }
        return -Errno.EINVAL;
    }

    @Override
    public synchronized void close() {
        kicks.values().forEach(EventFd::close);
    }
}
