package io.vduse4j.testkit;

import java.lang.foreign.MemorySegment;

/**
 * A piece of a driver's memory that the device can reach.
 *
 * @param space the memory whose offsets are host addresses
 * @param host host address of its first byte
 * @param device device address of its first byte
 * @param bytes its length
 */
public record DriverArea(MemorySegment space, long host, long device, long bytes) {

    /** Refuses an area that does not lie in its space, or at no multiple of 16. */
    public DriverArea {
        if (bytes <= 0 || host < 0 || host > space.byteSize() - bytes || ((host | device) & 15) != 0) {
            throw new IllegalArgumentException("an area of " + bytes + " bytes at 0x" + Long.toHexString(host)
                    + ", device 0x" + Long.toHexString(device));
        }
    }

    /**
     * A part of it.
     *
     * @param offset its first byte, a multiple of 16
     * @param length its bytes
     */
    public DriverArea part(long offset, long length) {
        if (offset < 0 || length <= 0 || offset > bytes - length) {
            throw new IllegalArgumentException(offset + "+" + length + " of " + bytes + " bytes");
        }
        return new DriverArea(space, host + offset, device + offset, length);
    }
}
