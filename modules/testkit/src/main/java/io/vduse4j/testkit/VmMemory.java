package io.vduse4j.testkit;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;

/**
 * Memory of a virtual machine: a memfd, mapped here so that others who map it see the same bytes, and the device address
 * at which the device is to see it.
 */
public final class VmMemory implements AutoCloseable {

    private final Fd file;
    private final Mapping mapping;
    private final long iova;

    private VmMemory(Fd file, Mapping mapping, long iova) {
        this.file = file;
        this.mapping = mapping;
        this.iova = iova;
    }

    /**
     * Makes zeroed memory.
     *
     * @param name shown in {@code /proc}
     * @param iova device address of its first byte, a multiple of the page size
     * @param bytes its length, a multiple of the page size
     */
    public static VmMemory create(String name, long iova, long bytes) throws LinuxException {
        long page = NativeMemory.pageSize();
        if (bytes <= 0 || bytes % page != 0 || iova % page != 0) {
            throw new IllegalArgumentException(
                    "0x" + Long.toHexString(iova) + "+" + bytes + " is not made of pages of " + page + " bytes");
        }
        Fd file = Memfd.create(name, bytes);
        try {
            return new VmMemory(file, Mapping.shared(file, 0, bytes, true, true), iova);
        } catch (LinuxException | RuntimeException problem) {
            file.close();
            throw problem;
        }
    }

    /** The memfd, which stays this object's: for transports that pass it on. */
    public Fd file() {
        return file;
    }

    /** All of it. */
    public DriverArea area() {
        return new DriverArea(NativeMemory.ALL, mapping.address(), iova, mapping.length());
    }

    /** Unmaps it and closes the memfd. Nobody may use an area of it any more. */
    @Override
    public void close() {
        mapping.close();
        file.close();
    }
}
