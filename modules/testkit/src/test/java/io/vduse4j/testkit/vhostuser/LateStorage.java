package io.vduse4j.testkit.vhostuser;

import io.vduse4j.block.SimpleBackend;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Storage whose second half is read late: what is read goes into the driver's buffers only after the delay. */
final class LateStorage implements SimpleBackend {

    private static final int BYTES = 16 << 20;

    /** First sector that is late. */
    static final long LATE = BYTES / 2 / 512;

    private final byte[] content = new byte[BYTES];
    private final Duration delay;

    LateStorage(Duration delay) {
        this.delay = delay;
    }

    @Override
    public long size() {
        return BYTES;
    }

    @Override
    public void read(long offset, MemorySegment into) {
        if (offset >= LATE * 512) {
            LockSupport.parkNanos(delay.toNanos());
        }
        synchronized (this) {
            MemorySegment.copy(content, (int) offset, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
        }
    }

    @Override
    public synchronized void write(long offset, MemorySegment from) {
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, content, (int) offset, (int) from.byteSize());
    }

    @Override
    public void flush() {
        // There is nothing that could be lost.
    }
}
