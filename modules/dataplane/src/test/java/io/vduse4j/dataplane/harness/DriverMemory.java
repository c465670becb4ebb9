package io.vduse4j.dataplane.harness;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.MemorySource;
import java.util.List;

/**
 * A driver's memory: a memfd that the driver has mapped for itself, and the device a second time, so that what one side
 * loses the other still has.
 */
public final class DriverMemory implements MemorySource, AutoCloseable {

    /** Device address of the first byte; beyond 32 bits, so that nothing survives that cuts it. */
    public static final long BASE = 0x12_0000_0000L;

    private final Fd file;
    private final long bytes;
    private final Mapping driver;
    private Mapping device;
    private long taken;
    private volatile GuestMemory table;

    /** Makes zeroed memory of whole pages. */
    public DriverMemory(long bytes) throws LinuxException {
        this.bytes = bytes;
        file = Memfd.create("driver", bytes);
        driver = Mapping.shared(file, 0, bytes, true, true);
        device = Mapping.shared(file, 0, bytes, true, true);
        table = table(0);
    }

    private GuestMemory table(long generation) {
        var region =
                new GuestMemory.Region(BASE, BASE + bytes - 1, device.address(), GuestMemory.READ | GuestMemory.WRITE);
        return GuestMemory.of(NativeMemory.ALL, generation, List.of(region));
    }

    @Override
    public GuestMemory memory() {
        return table;
    }

    @Override
    public GuestMemory resolve(long address) {
        return table;
    }

    /** The file behind it. */
    public Fd file() {
        return file;
    }

    /** How many bytes it has. */
    public long bytes() {
        return bytes;
    }

    /** Takes zeroed bytes; returns their device address. */
    public long allocate(long size, long alignment) {
        long start = (taken + alignment - 1) & -alignment;
        if (start + size > bytes) {
            throw new IllegalStateException("the driver's memory is used up");
        }
        taken = start + size;
        return BASE + start;
    }

    /** Where the driver finds a device address. */
    public long host(long address) {
        return driver.address() + (address - BASE);
    }

    /** A new generation: the device has it mapped elsewhere from now on. Returns the mapping of before. */
    public Mapping remap() throws LinuxException {
        Mapping old = device;
        device = Mapping.shared(file, 0, bytes, true, true);
        table = table(table.generation() + 1);
        return old;
    }

    /** What the device has mapped now. */
    public Mapping device() {
        return device;
    }

    /** A new generation with nothing in it. */
    public void unmap() {
        table = GuestMemory.of(NativeMemory.ALL, table.generation() + 1, List.of());
    }

    /** Cuts the file off under both mappings. */
    public void truncate(long size) throws LinuxException {
        FileIo.truncate(file, size);
    }

    @Override
    public void close() {
        driver.close();
        device.close();
        file.close();
    }
}
