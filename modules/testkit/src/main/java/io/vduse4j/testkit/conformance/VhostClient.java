package io.vduse4j.testkit.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.testkit.VhostLayout;
import io.vduse4j.testkit.VhostNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;

/**
 * The vhost side of a device, open, beside a daemon that answers what a call makes the driver say. Results are the raw
 * ones. One thread; the calls themselves are made on another, while this one is the daemon.
 */
final class VhostClient {
    /** {@code VHOST_IOTLB_UPDATE}. */
    static final int UPDATE = 2;

    /** {@code VHOST_IOTLB_INVALIDATE}. */
    static final int INVALIDATE = 3;

    /** {@code VHOST_IOTLB_BATCH_BEGIN}. */
    static final int BEGIN = 5;

    /** {@code VHOST_IOTLB_BATCH_END}. */
    static final int END = 6;

    /** Bytes of {@code struct vhost_msg_v2}. */
    static final int MESSAGE = 72;

    private final VhostNode node;
    private final Arena arena;
    private Daemon daemon;

    VhostClient(VhostNode node, Arena arena, Daemon daemon) {
        this.node = node;
        this.arena = arena;
        this.daemon = daemon;
    }

    VhostNode node() {
        return node;
    }

    /** Lets another daemon answer from now on. */
    void answeredBy(Daemon other) {
        daemon = other;
    }

    private int aside(Callable<Long> call) throws Exception {
        return daemon.during(Rig.aside(call)).intValue();
    }

    /** A call with an argument of the caller's. */
    int call(int request, MemorySegment argument) throws Exception {
        return aside(() -> node.ioctl(request, argument));
    }

    /** A call without an argument. */
    int call(int request) throws Exception {
        return call(request, MemorySegment.NULL);
    }

    /** Passes a number by its address. */
    int set(int request, long value) throws Exception {
        return call(request, arena.allocateFrom(JAVA_LONG, value));
    }

    /** Reads a number of 1, 2, 4 or 8 bytes. */
    long get(int request, int bytes) throws Exception {
        var number = arena.allocate(Long.BYTES, Long.BYTES);
        Answers.done(call(request, number));
        return bytes == Long.BYTES ? number.get(JAVA_LONG, 0) : number.get(JAVA_LONG, 0) & ((1L << (8 * bytes)) - 1);
    }

    /** VHOST_VDPA_SET_STATUS. */
    int setStatus(int status) throws Exception {
        return set(VhostLayout.VDPA_SET_STATUS, status);
    }

    int status() throws Exception {
        return (int) get(VhostLayout.VDPA_GET_STATUS, 1);
    }

    /** Sets the statuses up to this one, each of which must be taken. */
    void start(int... statuses) throws Exception {
        for (int status : statuses) {
            Answers.done(setStatus(status));
        }
    }

    /** {@code struct vhost_vring_state}, which {@code struct vhost_vring_file} equals. */
    MemorySegment pair(int index, int value) {
        return arena.allocateFrom(JAVA_INT, index, value);
    }

    /** A call with an index and a number, or a descriptor. */
    int set(int request, int index, int value) throws Exception {
        return call(request, pair(index, value));
    }

    /** {@code struct vhost_vring_addr} without flags. */
    int setAddresses(int index, long desc, long avail, long used) throws Exception {
        var addresses = arena.allocate(40, Long.BYTES);
        addresses.set(JAVA_INT, 0, index);
        addresses.set(JAVA_LONG, 8, desc);
        addresses.set(JAVA_LONG, 16, used);
        addresses.set(JAVA_LONG, 24, avail);
        return call(VhostLayout.SET_VRING_ADDR, addresses);
    }

    /** {@code struct vhost_vdpa_config} with room for some bytes. */
    MemorySegment config(int offset, int length, int room) {
        var config = arena.allocate(8L + room, Long.BYTES);
        config.set(JAVA_INT, 0, offset);
        config.set(JAVA_INT, 4, length);
        return config;
    }

    /** A message about mappings. */
    MemorySegment message(int kind, long iova, long size, long address, int perm) {
        var message = arena.allocate(MESSAGE, Long.BYTES);
        message.set(JAVA_INT, 0, 2);
        message.set(JAVA_LONG, 8, iova);
        message.set(JAVA_LONG, 16, size);
        message.set(JAVA_LONG, 24, address);
        message.set(JAVA_BYTE, 32, (byte) perm);
        message.set(JAVA_BYTE, 33, (byte) kind);
        return message;
    }

    /** Sends a message. */
    int send(MemorySegment message) throws Exception {
        return aside(() -> node.write(message));
    }

    /** Maps memory for reading and writing. */
    int map(long iova, long size, long address) throws Exception {
        return send(message(UPDATE, iova, size, address, 3));
    }

    /** Takes mappings away. */
    int unmap(long iova, long size) throws Exception {
        return send(message(INVALIDATE, iova, size, 0, 0));
    }

    /** Sends a message that is nothing but its kind. */
    int send(int kind) throws Exception {
        return send(message(kind, 0, 0, 0, 0));
    }

    /** Closes it. */
    void close() throws Exception {
        aside(() -> {
            node.close();
            return 0L;
        });
    }
}
