package io.vduse4j.testkit;

import io.vduse4j.embedded.vhost.VhostVdpaFile;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;
import java.lang.foreign.MemorySegment;

/**
 * An open vhost-vdpa device as raw as it is: of the Linux kernel, or of the embedded one. Any thread. Results are those of
 * the calls, or negative errnos.
 */
public interface VhostNode extends AutoCloseable {

    /** What messages call it. */
    String name();

    /**
     * A call.
     *
     * @param request its number
     * @param argument native memory that the argument points to; {@code MemorySegment.NULL} for a call without
     */
    long ioctl(int request, MemorySegment argument);

    /** Sends a message, which is native memory. */
    long write(MemorySegment message);

    /** Says that addresses of this process lie in a file, to a kernel that does not see the mappings by itself. */
    void registerMemory(long address, long size, Fd file) throws LinuxException;

    /** Takes back a {@link #registerMemory}. */
    void unregisterMemory(long address) throws LinuxException;

    @Override
    void close();

    /** Opens {@code /dev/vhost-vdpa-N}. */
    static VhostNode open(String path) throws LinuxException {
        Fd fd = Fd.open(path, OpenFlags.O_RDWR);
        return new VhostNode() {
            @Override
            public String name() {
                return fd.name();
            }

            @Override
            public long ioctl(int request, MemorySegment argument) {
                return fd.ioctl(request, argument.address());
            }

            @Override
            public long write(MemorySegment message) {
                return fd.write(message.address(), message.byteSize());
            }

            @Override
            public void registerMemory(long address, long size, Fd file) {}

            @Override
            public void unregisterMemory(long address) {}

            @Override
            public void close() {
                fd.close();
            }
        };
    }

    /**
     * A device of the embedded kernel.
     *
     * @param name what messages call it
     * @param file the open device, which the result closes
     */
    static VhostNode of(String name, VhostVdpaFile file) {
        return new VhostNode() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public long ioctl(int request, MemorySegment argument) {
                return file.ioctl(request, argument);
            }

            @Override
            public long write(MemorySegment message) {
                return file.write(message);
            }

            @Override
            public void registerMemory(long address, long size, Fd memory) throws LinuxException {
                file.registerMemory(address, size, memory, 0);
            }

            @Override
            public void unregisterMemory(long address) throws LinuxException {
                file.unregisterMemory(address);
            }

            @Override
            public void close() {
                file.close();
            }
        };
    }
}
