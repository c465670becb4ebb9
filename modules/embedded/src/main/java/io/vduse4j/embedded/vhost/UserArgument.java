package io.vduse4j.embedded.vhost;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.linux.Errno;
import java.lang.foreign.MemorySegment;

/** The memory that a client has given to a call. What it does not have is a bad address. */
final class UserArgument {

    /** A call that could not reach the client's memory. */
    static final int FAULT = -Errno.EFAULT;

    private final MemorySegment memory;

    UserArgument(MemorySegment memory) {
        this.memory = memory;
    }

    /** A copy of the first bytes, so that nothing changes between check and use; null if they are not all there. */
    MemorySegment read(long bytes) {
        return read(0, bytes);
    }

    /** A copy of bytes from an offset on; null if they are not all there. */
    MemorySegment read(long offset, long bytes) {
        if (!has(offset, bytes)) {
            return null;
        }
        return MemorySegment.ofArray(memory.asSlice(offset, bytes).toArray(JAVA_BYTE));
    }

    private boolean has(long offset, long bytes) {
        boolean isNull = memory.isNative() && memory.address() == 0;
        return !isNull && memory.byteSize() - offset >= bytes;
    }

    /** Writes bytes at an offset. @return 0 or {@link #FAULT} */
    int write(long offset, MemorySegment bytes) {
        if (memory.isReadOnly() || !has(offset, bytes.byteSize())) {
            return FAULT;
        }
        MemorySegment.copy(bytes, 0, memory, offset, bytes.byteSize());
        return 0;
    }

    /** Writes a number of 1, 2, 4 or 8 bytes at the beginning. @return 0 or {@link #FAULT} */
    int write(long number, int bytes) {
        MemorySegment value = MemorySegment.ofArray(new byte[Long.BYTES]);
        value.set(JAVA_LONG_UNALIGNED, 0, number);
        return write(0, value.asSlice(0, bytes));
    }

    /** Writes the number of a {@code vhost_vring_state}. @return 0 or {@link #FAULT} */
    int writeState(int index, int number) {
        MemorySegment state = MemorySegment.ofArray(new byte[VhostAbi.VRING_STATE_SIZE]);
        state.set(JAVA_INT_UNALIGNED, 0, index);
        state.set(JAVA_INT_UNALIGNED, VhostAbi.VRING_STATE_NUM, number);
        return write(0, state);
    }
}
