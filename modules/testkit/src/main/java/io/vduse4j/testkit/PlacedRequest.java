package io.vduse4j.testkit;

import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.SplitRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** A request in the driver's memory: its indirect table, its buffers, and what may change there. */
final class PlacedRequest {

    /** What stands in all bytes that nobody has a reason to write. */
    private static final byte CANARY = (byte) 0xc5;

    private final BlkCommand command;
    private final DriverArea area;
    private final int direct;
    private final int tableBytes;
    private final int[] readable;
    private final int[] writable;
    private final long[] at;
    private byte[] before = {};

    /**
     * Places a request.
     *
     * @param area where; all of it belongs to the request
     */
    PlacedRequest(BlkCommand command, Framing framing, DriverArea area) {
        this.command = command;
        this.area = area;
        readable = framing.readable(command);
        writable = framing.writable(command);
        int buffers = readable.length + writable.length;
        direct = Math.min(buffers, framing.direct());
        tableBytes = (int) SplitRing.descBytes(buffers - direct);
        at = new long[buffers];
        long end = tableBytes;
        for (int i = 0; i < buffers; i++) {
            at[i] = end;
            end += length(i) + framing.gap();
        }
        if (end > area.bytes()) {
            throw new IllegalArgumentException(
                    command + " takes " + end + " bytes, more than the " + area.bytes() + " of a request: " + framing);
        }
    }

    BlkCommand command() {
        return command;
    }

    DriverArea area() {
        return area;
    }

    /** Buffers that get a descriptor of the queue. */
    int direct() {
        return direct;
    }

    private int length(int buffer) {
        return buffer < readable.length ? readable[buffer] : writable[buffer - readable.length];
    }

    private MemorySegment buffer(int buffer) {
        return area.space().asSlice(area.host() + at[buffer], length(buffer));
    }

    private MemorySegment all() {
        return area.space().asSlice(area.host(), area.bytes());
    }

    /** Writes what the device reads, and says where everything is. */
    void write(ChainBuffers buffers) {
        all().fill(CANARY);
        MemorySegment out = MemorySegment.ofArray(command.readable());
        buffers.clear();
        long done = 0;
        for (int i = 0; i < at.length; i++) {
            long device = area.device() + at[i];
            if (i < readable.length) {
                MemorySegment.copy(out, done, area.space(), area.host() + at[i], length(i));
                done += length(i);
                buffers.readable(device, length(i));
            } else {
                buffers.writable(device, length(i));
            }
        }
        MemorySegment last = buffer(at.length - 1);
        last.set(ValueLayout.JAVA_BYTE, last.byteSize() - 1, BlkResult.NO_STATUS);
    }

    /** Remembers the memory as the device gets it, the indirect table included. */
    void handOver() {
        before = all().toArray(ValueLayout.JAVA_BYTE);
    }

    /** Reads what the device wrote, and makes sure that it wrote nowhere else (VS-05, VS-07). */
    BlkResult takeBack(long usedLength) {
        byte[] in = new byte[command.inBytes() + 1];
        int done = 0;
        for (int i = readable.length; i < at.length; i++) {
            MemorySegment.copy(area.space(), ValueLayout.JAVA_BYTE, area.host() + at[i], in, done, length(i));
            MemorySegment.copy(
                    before, (int) at[i], area.space(), ValueLayout.JAVA_BYTE, area.host() + at[i], length(i));
            done += length(i);
        }
        long changed = all().mismatch(MemorySegment.ofArray(before));
        if (changed >= 0) {
            throw new DeviceFaultException(command + ": the device wrote to " + place(changed) + " (VS-05, VS-07)");
        }
        byte status = in[in.length - 1];
        return new BlkResult(command, status, Arrays.copyOf(in, in.length - 1), usedLength);
    }

    private String place(long offset) {
        if (offset < tableBytes) {
            return "byte " + offset + " of the indirect table";
        }
        for (int i = 0; i < readable.length; i++) {
            if (offset >= at[i] && offset < at[i] + length(i)) {
                return "byte " + (offset - at[i]) + " of readable buffer " + i;
            }
        }
        return "memory at 0x" + Long.toHexString(area.device() + offset) + " that belongs to no buffer";
    }
}
