package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.IovaUmemLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VqConfigLayout;
import io.vduse4j.vduse.abi.VqEventfdLayout;
import io.vduse4j.vduse.abi.VqInfoLayout;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Arguments of the raw calls. */
final class Raw {
    static final long FEATURES = VirtioFeatures.ACCESS_PLATFORM | VirtioFeatures.VERSION_1;
    static final int QUEUES = 2;

    private Raw() {}

    static MemorySegment zeros(long bytes) {
        return Arena.ofAuto().allocate(bytes, 8);
    }

    static MemorySegment u64(long value) {
        var argument = zeros(8);
        argument.set(JAVA_LONG, 0, value);
        return argument;
    }

    static MemorySegment u32(int value) {
        var argument = zeros(4);
        argument.set(JAVA_INT, 0, value);
        return argument;
    }

    /** CREATE_DEV of a block device with two queues. */
    static MemorySegment dev(String name) {
        var argument = zeros(DevConfigLayout.SIZE + BlkConfig.BYTES);
        argument.setString(DevConfigLayout.NAME, name);
        argument.set(JAVA_INT, DevConfigLayout.VENDOR_ID, 0x1af4);
        argument.set(JAVA_INT, DevConfigLayout.DEVICE_ID, 2);
        argument.set(JAVA_LONG, DevConfigLayout.FEATURES, FEATURES);
        argument.set(JAVA_INT, DevConfigLayout.VQ_NUM, QUEUES);
        argument.set(JAVA_INT, DevConfigLayout.VQ_ALIGN, 4096);
        argument.set(JAVA_INT, DevConfigLayout.CONFIG_SIZE, BlkConfig.BYTES);
        return argument;
    }

    static MemorySegment with(MemorySegment argument, int offset, int value) {
        argument.set(JAVA_INT, offset, value);
        return argument;
    }

    static MemorySegment with(MemorySegment argument, int offset, long value) {
        argument.set(JAVA_LONG, offset, value);
        return argument;
    }

    static MemorySegment name(String name) {
        var argument = zeros(VduseAbi.VDUSE_NAME_MAX);
        argument.setString(0, name);
        return argument;
    }

    static MemorySegment vq(int index, int maxSize) {
        var argument = with(zeros(VqConfigLayout.SIZE), VqConfigLayout.INDEX, index);
        argument.set(JAVA_SHORT, VqConfigLayout.MAX_SIZE, (short) maxSize);
        return argument;
    }

    static MemorySegment kick(int index, int fd) {
        return with(with(zeros(VqEventfdLayout.SIZE), VqEventfdLayout.INDEX, index), VqEventfdLayout.FD, fd);
    }

    static MemorySegment vqInfo(int index) {
        return with(zeros(VqInfoLayout.SIZE), VqInfoLayout.INDEX, index);
    }

    static MemorySegment range(long start, long last) {
        var argument = zeros(IotlbEntryLayout.SIZE);
        return with(with(argument, IotlbEntryLayout.START, start), IotlbEntryLayout.LAST, last);
    }

    static MemorySegment info(long start, long last) {
        var argument = zeros(IovaInfoLayout.SIZE);
        return with(with(argument, IovaInfoLayout.START, start), IovaInfoLayout.LAST, last);
    }

    static MemorySegment umem(long uaddr, long iova, long size) {
        var argument = with(zeros(IovaUmemLayout.SIZE), IovaUmemLayout.UADDR, uaddr);
        return with(with(argument, IovaUmemLayout.IOVA, iova), IovaUmemLayout.BYTES, size);
    }

    static MemorySegment setConfig(int offset, int length, int bytes) {
        var argument = with(zeros(ConfigDataLayout.SIZE + bytes), ConfigDataLayout.OFFSET, offset);
        argument.asSlice(ConfigDataLayout.SIZE).fill((byte) 0x5a);
        return with(argument, ConfigDataLayout.LENGTH, length);
    }

    static MemorySegment reply(int id, int result) {
        var argument = with(zeros(DevResponseLayout.SIZE), DevResponseLayout.REQUEST_ID, id);
        return with(argument, DevResponseLayout.RESULT, result);
    }

    static int u8(MemorySegment argument, int offset) {
        return Byte.toUnsignedInt(argument.get(JAVA_BYTE, offset));
    }
}
