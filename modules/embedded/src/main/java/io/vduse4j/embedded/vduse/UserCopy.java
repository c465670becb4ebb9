package io.vduse4j.embedded.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vduse4j.linux.Errno;
import java.lang.foreign.MemorySegment;

/**
 * Copies from and to the memory of a caller, once, so that nothing changes between check and use. Memory that is too short
 * for the call, read-only where the call writes, or NULL is a bad address, as beyond the end of a mapping.
 */
final class UserCopy {
    private static final long SMALLEST_PAGE = 4096;

    /** Where bytes go that are only looked at, so that the look is not left out. */
    @SuppressWarnings("unused")
    private static volatile byte sink;

    private UserCopy() {}

    /** Whether so many bytes can be read: they are there, and so are the files that are mapped there. */
    static boolean isReadable(MemorySegment argument, long bytes) {
        if (argument.address() == 0 || argument.byteSize() < bytes) {
            return false;
        }
        try {
            for (long at = 0; at < bytes; at += SMALLEST_PAGE) {
                sink = argument.get(JAVA_BYTE, at);
            }
            sink = argument.get(JAVA_BYTE, bytes - 1);
            return true;
        } catch (InternalError vanished) {
            return false;
        }
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
        try {
            MemorySegment.copy(bytes, 0, argument, 0, bytes.byteSize());
            return 0;
        } catch (InternalError vanished) {
            return -Errno.EFAULT;
        }
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
