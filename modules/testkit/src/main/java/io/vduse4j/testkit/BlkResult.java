package io.vduse4j.testkit;

import io.vduse4j.virtio.blk.BlkRequest;

/** How a request ended. */
public final class BlkResult {

    /** The status byte was not written: no device writes this. */
    public static final byte NO_STATUS = (byte) 0xee;

    private final BlkCommand command;
    private final byte status;
    private final byte[] data;
    private final long usedLength;

    BlkResult(BlkCommand command, byte status, byte[] data, long usedLength) {
        this.command = command;
        this.status = status;
        this.data = data;
        this.usedLength = usedLength;
    }

    /** What was asked. */
    public BlkCommand command() {
        return command;
    }

    /** The status byte, of {@link BlkRequest}, or {@link #NO_STATUS}. */
    public byte status() {
        return status;
    }

    /** The bytes before the status as they stand in the driver's memory. A copy. */
    public byte[] data() {
        return data.clone();
    }

    /** Bytes that the device says it has written (VS-17). */
    public long usedLength() {
        return usedLength;
    }

    /**
     * The data of a request that succeeded.
     *
     * @throws DeviceFaultException if it did not, or if the device does not own up to all bytes (VS-17)
     */
    public byte[] require() {
        if (status != BlkRequest.S_OK) {
            throw new DeviceFaultException(this + " failed");
        }
        if (usedLength != data.length + 1L) {
            throw new DeviceFaultException(this + " must say " + (data.length + 1L) + " bytes (VS-17)");
        }
        return data.clone();
    }

    /** Returns command, status and length. */
    @Override
    public String toString() {
        return command + ": status " + Byte.toUnsignedInt(status) + ", used length " + usedLength;
    }
}
