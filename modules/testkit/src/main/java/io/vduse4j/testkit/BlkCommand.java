package io.vduse4j.testkit;

import io.vduse4j.virtio.blk.BlkRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A request to a block device, before it is framed. Any request can be made, also a wrong one, by {@link #raw}.
 */
public final class BlkCommand {

    private final int type;
    private final long sector;
    private final byte[] out;
    private final int in;

    private BlkCommand(int type, long sector, byte[] out, int in) {
        if (in < 0) {
            throw new IllegalArgumentException("bytes to read: " + in);
        }
        this.type = type;
        this.sector = sector;
        this.out = out;
        this.in = in;
    }

    /** Reads; {@code bytes} is a multiple of 512 unless a device is to refuse it. */
    public static BlkCommand read(long sector, int bytes) {
        return new BlkCommand(BlkRequest.IN, sector, new byte[0], bytes);
    }

    /** Writes; the length is a multiple of 512 unless a device is to refuse it. */
    public static BlkCommand write(long sector, byte[] data) {
        return new BlkCommand(BlkRequest.OUT, sector, data.clone(), 0);
    }

    /** Makes stable what was completed. */
    public static BlkCommand flush() {
        return new BlkCommand(BlkRequest.FLUSH, 0, new byte[0], 0);
    }

    /** Asks for the serial number. */
    public static BlkCommand getId() {
        return new BlkCommand(BlkRequest.GET_ID, 0, new byte[0], BlkRequest.ID_BYTES);
    }

    /** Gives sectors back. */
    public static BlkCommand discard(long sector, int sectors) {
        return new BlkCommand(BlkRequest.DISCARD, 0, segment(sector, sectors, 0), 0);
    }

    /** Zeroes sectors; {@code unmap} allows to give their space back. */
    public static BlkCommand writeZeroes(long sector, int sectors, boolean unmap) {
        int flags = unmap ? BlkRequest.SEGMENT_UNMAP : 0;
        return new BlkCommand(BlkRequest.WRITE_ZEROES, 0, segment(sector, sectors, flags), 0);
    }

    /**
     * Any request.
     *
     * @param type type in the header
     * @param sector sector in the header
     * @param out data behind the header
     * @param in bytes before the status
     */
    public static BlkCommand raw(int type, long sector, byte[] out, int in) {
        return new BlkCommand(type, sector, out.clone(), in);
    }

    /** A segment of a discard or write-zeroes, as {@link #raw} takes one or several of them behind each other. */
    public static byte[] segment(long sector, int sectors, int flags) {
        return ByteBuffer.allocate(BlkRequest.SEGMENT_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, sector)
                .putInt(BlkRequest.SEGMENT_SECTORS, sectors)
                .putInt(BlkRequest.SEGMENT_FLAGS, flags)
                .array();
    }

    /** Type in the header, of {@link BlkRequest}. */
    public int type() {
        return type;
    }

    /** Sector in the header. */
    public long sector() {
        return sector;
    }

    /** Bytes that the device reads behind the header. */
    public int outBytes() {
        return out.length;
    }

    /** Bytes that the device writes before the status. */
    public int inBytes() {
        return in;
    }

    /** The readable bytes: the header and what follows it. */
    byte[] readable() {
        return ByteBuffer.allocate(BlkRequest.HEADER_BYTES + out.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(BlkRequest.TYPE, type)
                .putLong(BlkRequest.SECTOR, sector)
                .put(BlkRequest.HEADER_BYTES, out)
                .array();
    }

    /** The data to be written. A copy. */
    public byte[] out() {
        return Arrays.copyOf(out, out.length);
    }

    /** Returns type, sector and lengths. */
    @Override
    public String toString() {
        String name = switch (type) {
            case BlkRequest.IN -> "read";
            case BlkRequest.OUT -> "write";
            case BlkRequest.FLUSH -> "flush";
            case BlkRequest.GET_ID -> "get-id";
            case BlkRequest.DISCARD -> "discard";
            case BlkRequest.WRITE_ZEROES -> "write-zeroes";
            default -> "type " + Integer.toUnsignedString(type);
        };
        return name + " at sector " + Long.toUnsignedString(sector) + ", " + out.length + " bytes out, " + in + " in";
    }
}
