package io.vduse4j.testkit.faulty;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What happened to a {@link FaultyFile}: a write, a sync or a {@code fallocate} that has ended. Times are of {@link
 * System#nanoTime}, which is one clock for all processes of a Linux machine (CLOCK_MONOTONIC).
 *
 * @param op what; never a read
 * @param offset first byte
 * @param length in bytes; of a write as many as were written
 * @param mode of {@code fallocate}
 * @param stable a write that was to be stable when it ends (O_DSYNC, RWF_DSYNC)
 * @param succeeded whether it has changed, or synced, anything
 * @param start when it came
 * @param end when it was done; the answer followed
 * @param data what was written
 */
public record FileEvent(
        Fault.Op op,
        long offset,
        long length,
        int mode,
        boolean stable,
        boolean succeeded,
        long start,
        long end,
        MemorySegment data) {

    void write(DataOutputStream out) throws IOException {
        out.writeByte(op.ordinal());
        out.writeLong(offset);
        out.writeLong(length);
        out.writeInt(mode);
        out.writeBoolean(stable);
        out.writeBoolean(succeeded);
        out.writeLong(start);
        out.writeLong(end);
        out.writeInt((int) data.byteSize());
        out.write(data.toArray(ValueLayout.JAVA_BYTE));
    }

    static FileEvent read(DataInputStream in) throws IOException {
        return new FileEvent(
                Fault.Op.values()[in.readByte()],
                in.readLong(),
                in.readLong(),
                in.readInt(),
                in.readBoolean(),
                in.readBoolean(),
                in.readLong(),
                in.readLong(),
                MemorySegment.ofArray(in.readNBytes(in.readInt())).asReadOnly());
    }
}
