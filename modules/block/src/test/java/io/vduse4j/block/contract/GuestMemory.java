package io.vduse4j.block.contract;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import java.lang.foreign.MemorySegment;

/** Memory as a driver shares it: a mapped memfd that can be cut off at any time. */
public final class GuestMemory implements AutoCloseable {
    private final Fd memfd;
    private final Mapping mapping;
    private final long bytes;

    /**
     * Maps new memory of zeroes.
     *
     * @param bytes its size
     */
    public GuestMemory(long bytes) throws LinuxException {
        this.bytes = bytes;
        memfd = Memfd.create("guest", bytes);
        mapping = Mapping.shared(memfd, 0, bytes, true, true);
    }

    /** Returns the address of its first byte. */
    public long address() {
        return mapping.address();
    }

    /** Returns a part of it. */
    public MemorySegment part(long offset, long length) {
        if (offset < 0 || length > bytes - offset) {
            throw new IndexOutOfBoundsException("part " + offset + " + " + length);
        }
        return NativeMemory.ALL.asSlice(address() + offset, length);
    }

    /** Returns the bytes at an address. */
    public static byte[] copyOf(long address, long length) {
        return NativeMemory.ALL.asSlice(address, length).toArray(JAVA_BYTE);
    }

    /**
     * Cuts off its end: every access there faults from now on.
     *
     * @param newBytes what is left
     */
    public void shrink(long newBytes) throws LinuxException {
        FileIo.truncate(memfd, newBytes);
    }

    /** Cuts all of it off. */
    public void vanish() throws LinuxException {
        shrink(0);
    }

    @Override
    public void close() {
        mapping.close();
        memfd.close();
    }
}
