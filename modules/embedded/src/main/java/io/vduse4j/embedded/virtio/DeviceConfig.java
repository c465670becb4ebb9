package io.vduse4j.embedded.virtio;

import io.vduse4j.embedded.vdpa.VdpaOps;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reads fields of a device's configuration space. Any thread. */
final class DeviceConfig {

    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** A device whose generation changes at every look is read as it is, in the end. */
    private static final int MOST_LOOKS = 16;

    private final VdpaOps ops;

    DeviceConfig(VdpaOps ops) {
        this.ops = ops;
    }

    /** An unsigned field of 1, 2 or 4 bytes, or one of 8; what the device does not have is 0. */
    long field(int offset, int bytes) {
        MemorySegment value = MemorySegment.ofArray(new byte[Long.BYTES]);
        for (int look = 0; look < MOST_LOOKS; look++) {
            int generation = ops.generation();
            ops.config(offset, value.asSlice(0, bytes));
            if (ops.generation() == generation) {
                break;
            }
        }
        return value.get(LE64, 0);
    }
}
