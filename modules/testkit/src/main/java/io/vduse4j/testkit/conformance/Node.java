package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.answers;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.IovaUmemLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.abi.VqConfigLayout;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** An open device node, with the structures of its calls written out; nothing is checked, results are the raw ones. */
final class Node implements AutoCloseable {
    private final VduseNode raw;
    private final Arena arena;

    Node(VduseNode raw, Arena arena) {
        this.raw = raw;
        this.arena = arena;
    }

    VduseNode raw() {
        return raw;
    }

    /** VQ_SETUP. */
    int setUp(int index, int size) {
        var config = bytes(VqConfigLayout.SIZE);
        config.set(JAVA_INT, VqConfigLayout.INDEX, index);
        config.set(JAVA_SHORT, VqConfigLayout.MAX_SIZE, (short) size);
        return raw.ioctl(VduseIoctl.VDUSE_VQ_SETUP, config);
    }

    /** VQ_SETUP of all queues with one size. */
    Node setUpAll(int queues, int size) {
        for (int queue = 0; queue < queues; queue++) {
            Answers.done(setUp(queue, size));
        }
        return this;
    }

    /** VQ_GET_INFO of a queue that is there. */
    VqInfo info(int index) {
        var info = bytes(VqInfoLayout.SIZE);
        info.set(JAVA_INT, VqInfoLayout.INDEX, index);
        Answers.done(raw.ioctl(VduseIoctl.VDUSE_VQ_GET_INFO, info));
        return new VqInfo(
                info.get(JAVA_INT, VqInfoLayout.NUM),
                info.get(JAVA_LONG, VqInfoLayout.DESC_ADDR),
                info.get(JAVA_LONG, VqInfoLayout.DRIVER_ADDR),
                info.get(JAVA_LONG, VqInfoLayout.DEVICE_ADDR),
                Short.toUnsignedInt(info.get(JAVA_SHORT, VqInfoLayout.SPLIT_AVAIL_INDEX)),
                info.get(JAVA_BYTE, VqInfoLayout.READY) == 1);
    }

    /** VQ_SETUP_KICKFD. */
    int kickFd(int index, int fd) {
        var kick = bytes(VqEventfdLayout.SIZE);
        kick.set(JAVA_INT, VqEventfdLayout.INDEX, index);
        kick.set(JAVA_INT, VqEventfdLayout.FD, fd);
        return raw.ioctl(VduseIoctl.VDUSE_VQ_SETUP_KICKFD, kick);
    }

    /** VQ_INJECT_IRQ. */
    int inject(int index) {
        var queue = bytes(Integer.BYTES);
        queue.set(JAVA_INT, 0, index);
        return raw.ioctl(VduseIoctl.VDUSE_VQ_INJECT_IRQ, queue);
    }

    /** DEV_INJECT_CONFIG_IRQ. */
    int injectConfig() {
        return raw.ioctl(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ, MemorySegment.NULL);
    }

    /** DEV_GET_FEATURES. */
    long features() {
        var features = bytes(Long.BYTES);
        Answers.done(raw.ioctl(VduseIoctl.VDUSE_DEV_GET_FEATURES, features));
        return features.get(JAVA_LONG, 0);
    }

    /** DEV_SET_CONFIG with a length of its own, which need not be that of the data. */
    int setConfig(int offset, int length, byte... data) {
        var config = bytes(ConfigDataLayout.SIZE + (long) data.length);
        config.set(JAVA_INT, ConfigDataLayout.OFFSET, offset);
        config.set(JAVA_INT, ConfigDataLayout.LENGTH, length);
        MemorySegment.copy(data, 0, config, JAVA_BYTE, ConfigDataLayout.BUFFER, data.length);
        return raw.ioctl(VduseIoctl.VDUSE_DEV_SET_CONFIG, config);
    }

    /** The argument of IOTLB_GET_FD. */
    MemorySegment range(long start, long last) {
        var entry = bytes(IotlbEntryLayout.SIZE);
        entry.set(JAVA_LONG, IotlbEntryLayout.START, start);
        entry.set(JAVA_LONG, IotlbEntryLayout.LAST, last);
        return entry;
    }

    /** IOTLB_GET_FD; the descriptor is the caller's. */
    int getFd(MemorySegment range) {
        return raw.ioctl(VduseIoctl.VDUSE_IOTLB_GET_FD, range);
    }

    /** The argument of IOTLB_GET_INFO. */
    MemorySegment infoRange(long start, long last) {
        var info = bytes(IovaInfoLayout.SIZE);
        info.set(JAVA_LONG, IovaInfoLayout.START, start);
        info.set(JAVA_LONG, IovaInfoLayout.LAST, last);
        return info;
    }

    /** IOTLB_GET_INFO. */
    int getInfo(MemorySegment range) {
        return raw.ioctl(VduseIoctl.VDUSE_IOTLB_GET_INFO, range);
    }

    /** Whether there is a mapping in a range. */
    boolean isMapped(long start, long last) {
        return getInfo(infoRange(start, last)) == 0;
    }

    /** The argument of REG_UMEM and DEREG_UMEM. */
    MemorySegment userMemory(long address, long iova, long size) {
        var memory = bytes(IovaUmemLayout.SIZE);
        memory.set(JAVA_LONG, IovaUmemLayout.UADDR, address);
        memory.set(JAVA_LONG, IovaUmemLayout.IOVA, iova);
        memory.set(JAVA_LONG, IovaUmemLayout.BYTES, size);
        return memory;
    }

    /** REG_UMEM. */
    int register(MemorySegment memory) {
        return raw.ioctl(VduseIoctl.VDUSE_IOTLB_REG_UMEM, memory);
    }

    /** DEREG_UMEM. */
    int deregister(MemorySegment memory) {
        return raw.ioctl(VduseIoctl.VDUSE_IOTLB_DEREG_UMEM, memory);
    }

    /** Waits for a message and reads it. */
    Request next() {
        long deadline = System.nanoTime() + Rig.PATIENCE.toNanos();
        int events = 0;
        // Whoever waited before may have been woken too late, which ends this wait.
        while (events == 0 && System.nanoTime() - deadline < 0) {
            events = raw.poll(VduseNode.POLLIN, Rig.PATIENCE.toMillis());
        }
        assertThat(events).as("a message of the driver").isEqualTo(VduseNode.POLLIN);
        return read();
    }

    /** Reads a message that is there. */
    Request read() {
        var memory = bytes(DevRequestLayout.SIZE);
        answers(raw.read(memory), DevRequestLayout.SIZE);
        return Request.from(memory);
    }

    /** Waits for the message that sets this status. */
    Request next(int status) {
        var request = next();
        assertThat(request.text()).isEqualTo(Request.status(status));
        return request;
    }

    /** A reply without anything but its result. */
    MemorySegment response(int id, int result) {
        var response = bytes(DevResponseLayout.SIZE);
        response.set(JAVA_INT, DevResponseLayout.REQUEST_ID, id);
        response.set(JAVA_INT, DevResponseLayout.RESULT, result);
        return response;
    }

    /** Writes a reply; 152 says that it was taken. */
    int reply(int id, int result) {
        return raw.write(response(id, result));
    }

    /** Says yes to a message; the kernel must take that. */
    void accept(Request request) {
        answers(reply(request.id(), VduseAbi.VDUSE_REQ_RESULT_OK), DevResponseLayout.SIZE);
    }

    /** Says no. */
    void refuse(Request request) {
        answers(reply(request.id(), VduseAbi.VDUSE_REQ_RESULT_FAILED), DevResponseLayout.SIZE);
    }

    /** Waits for the messages that set these statuses, and says yes to each. */
    void accept(int... statuses) {
        for (int status : statuses) {
            accept(next(status));
        }
    }

    private MemorySegment bytes(long size) {
        return arena.allocate(size, Long.BYTES);
    }

    @Override
    public void close() {
        raw.close();
    }
}
