package io.vduse4j.block;

import io.vduse4j.virtio.ChainBuffers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Block requests of a driver, in any framing, with what came back. Its own numbers, from virtio 1.3, 5.2.6. */
final class BlkClient {

    static final int IN = 0;
    static final int OUT = 1;
    static final int FLUSH = 4;
    static final int GET_ID = 8;
    static final int DISCARD = 11;
    static final int WRITE_ZEROES = 13;
    static final int OK = 0;
    static final int IOERR = 1;
    static final int UNSUPP = 2;

    /** What stands in the driver's memory before the device writes there; no status is equal to it. */
    static final byte POISON = (byte) 0xa5;

    /** Status, used length, and what was written before the status. */
    @SuppressWarnings("ArrayRecordComponent") // compared by its parts, never by equals
    record Result(int status, long used, byte[] data) {}

    private final DiskRig rig;

    BlkClient(DiskRig rig) {
        this.rig = rig;
    }

    static byte[] header(int type, long sector) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(0xffff_ffff) // reserved; once an ioprio, and nothing to us
                .putLong(sector)
                .array();
    }

    /** A segment of a discard or write-zeroes. */
    static byte[] range(long sector, int sectors, int flags) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(sector)
                .putInt(sectors)
                .putInt(flags)
                .array();
    }

    static byte[] join(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(64 << 10);
        for (byte[] part : parts) {
            all.put(part);
        }
        byte[] bytes = new byte[all.position()];
        all.flip().get(bytes);
        return bytes;
    }

    Result request(int type, long sector, byte[] out, int in) {
        return send(join(header(type, sector)), new int[] {}, out, in);
    }

    Result read(long sector, int bytes) {
        return request(IN, sector, new byte[0], bytes);
    }

    Result write(long sector, byte[] data) {
        return request(OUT, sector, data, 0);
    }

    Result ranges(int type, byte[]... ranges) {
        return request(type, 0, join(ranges), 0);
    }

    private Result send(byte[] header, int[] cuts, byte[] out, int in) {
        return framed(join(header, out), cuts.length == 0 ? new int[] {header.length} : cuts, in, new int[] {in});
    }

    /**
     * Sends a request whose readable and writable bytes are cut into buffers at the given places.
     *
     * @param readable header and data
     * @param in bytes to read back; the status follows
     */
    Result framed(byte[] readable, int[] readableCuts, int in, int[] writableCuts) {
        long mark = rig.mark();
        ChainBuffers buffers = new ChainBuffers();
        int from = 0;
        for (int i = 0; i <= readableCuts.length; i++) {
            int to = i == readableCuts.length ? readable.length : readableCuts[i];
            if (to > from) {
                long at = rig.allocate(to - from + 1) + (i % 2); // neither adjacent nor aligned
                rig.at(at, to - from).copyFrom(MemorySegment.ofArray(readable).asSlice(from, to - from));
                buffers.readable(at, to - from);
            }
            from = to;
        }
        int writable = in + 1;
        long[] starts = new long[writableCuts.length + 1];
        int[] lengths = new int[writableCuts.length + 1];
        from = 0;
        for (int i = 0; i <= writableCuts.length; i++) {
            int to = i == writableCuts.length ? writable : writableCuts[i];
            lengths[i] = to - from;
            starts[i] = rig.allocate(to - from + 1) + (i % 2);
            if (to > from) {
                rig.at(starts[i], to - from).fill(POISON);
                buffers.writable(starts[i], to - from);
            }
            from = to;
        }
        long used = rig.exchange(buffers);
        ByteBuffer back = ByteBuffer.allocate(writable);
        for (int i = 0; i < starts.length; i++) {
            back.put(rig.at(starts[i], lengths[i]).toArray(ValueLayout.JAVA_BYTE));
        }
        byte[] data = new byte[in];
        back.get(0, data);
        rig.release(mark);
        return new Result(Byte.toUnsignedInt(back.get(in)), used, data);
    }
}
