package io.vduse4j.testkit.faulty;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vduse4j.linux.FileIo;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The bytes of the file, and the trace of what became of them. Any thread. */
final class Content {
    private static final MemorySegment NONE = MemorySegment.ofArray(new byte[0]);

    private final MemorySegment bytes;
    private final DataOutputStream trace;
    private long size;

    /** An empty file of this size; it can shrink and grow again, up to twice the size. */
    Content(long size, DataOutputStream trace) {
        this.bytes = Arena.ofAuto().allocate(2 * size, 4096);
        this.trace = trace;
        this.size = size;
    }

    synchronized long size() {
        return size;
    }

    /** What is cut off is gone. */
    synchronized void resize(long now) {
        if (now < size) {
            bytes.asSlice(now, size - now).fill((byte) 0);
        }
        size = Math.min(now, bytes.byteSize());
    }

    /** Reads what there is before the end of the file. */
    synchronized MemorySegment read(long offset, int length) {
        long most = Math.clamp(size - offset, 0, length);
        return most == 0
                ? NONE
                : MemorySegment.ofArray(bytes.asSlice(offset, most).toArray(JAVA_BYTE));
    }

    /** Writes the first bytes, and returns how many there was room for. */
    synchronized int write(long offset, byte[] data, int most, boolean stable, long start) throws IOException {
        int length = Math.clamp(bytes.byteSize() - offset, 0, most);
        if (length > 0) {
            MemorySegment.copy(data, 0, bytes, JAVA_BYTE, offset, length);
            size = Math.max(size, offset + length);
        }
        var written = MemorySegment.ofArray(data).asSlice(0, length);
        note(new FileEvent(Fault.Op.WRITE, offset, length, 0, stable, length > 0, start, System.nanoTime(), written));
        return length;
    }

    synchronized void sync(boolean succeeded, long start) throws IOException {
        note(new FileEvent(Fault.Op.FSYNC, 0, 0, 0, false, succeeded, start, System.nanoTime(), NONE));
    }

    /** Holes and zeroes read the same; what only reserves space changes nothing. */
    synchronized void allocate(long offset, long length, int mode, long start) throws IOException {
        long most = Math.clamp(size - offset, 0, length);
        if (most > 0 && (mode & (FileIo.FALLOC_FL_PUNCH_HOLE | FileIo.FALLOC_FL_ZERO_RANGE)) != 0) {
            bytes.asSlice(offset, most).fill((byte) 0);
        }
        note(new FileEvent(Fault.Op.FALLOCATE, offset, most, mode, false, true, start, System.nanoTime(), NONE));
    }

    private void note(FileEvent event) throws IOException {
        event.write(trace);
    }

    /** Makes the trace complete for its readers. */
    synchronized void flush() throws IOException {
        trace.flush();
    }
}
