package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vduse4j.linux.Errno;
import java.lang.foreign.MemorySegment;

/**
 * Copies from and to the memory of a caller, once, so that nothing changes between check and use. Memory that is too short
 * for the call, read-only where the call writes, or NULL is a bad address, as beyond the end of a mapping.
 */
final class UserCopy {
    private UserCopy() {}

    /** Whether so many bytes can be read. */
    static boolean isReadable(MemorySegment argument, long bytes) {
        return argument.address() != 0 && argument.byteSize() >= bytes;
    }

    /** The first bytes of an argument that {@link #isReadable}. */
    static MemorySegment from(MemorySegment argument, long bytes) {
        return from(argument, 0, bytes);
    }

    /** Bytes of an argument that {@link #isReadable} up to their end. */
    static MemorySegment from(MemorySegment argument, long offset, long bytes) {
        return MemorySegment.ofArray(argument.asSlice(offset, bytes).toArray(JAVA_BYTE));
    }

    /** Copies back over the beginning of an argument that was readable. @return 0, or -EFAULT */
    static int to(MemorySegment argument, MemorySegment bytes) {
        if (argument.isReadOnly() || !isReadable(argument, bytes.byteSize())) {
            return -Errno.EFAULT;
        }
        MemorySegment.copy(bytes, 0, argument, 0, bytes.byteSize());
        return 0;
    }

    /** Whether all bytes from an offset on are zero. */
    static boolean isZero(MemorySegment bytes, long from, long to) {
        for (long at = from; at < to; at++) {
            if (bytes.get(JAVA_BYTE, at) != 0) {
                return false;
            }
        }
        return true;
    }
}
