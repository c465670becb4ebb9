package io.vduse4j.embedded.iova;

import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.VduseAbi;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * An address space of a device: the bounce buffer at its beginning, rings behind, all in one file whose offsets are IOVA,
 * and the table of mappings that the daemon asks for (kernel-behaviour 5). Safe from several threads.
 *
 * <p>Unlike the kernel's file, this one gives zeros where nothing was mapped yet, instead of SIGBUS.
 */
public final class IovaDomain implements DmaDomain, AutoCloseable {
    /** Bytes of the address space: 1 GiB of the largest bounce buffer, and 128 MiB for rings. */
    public static final long IOVA_SIZE = 1152L << 20;

    private static final Logger LOG = System.getLogger(IovaDomain.class.getName());
    private static final int RW = VduseAbi.VDUSE_ACCESS_RW;

    private final Fd file;
    private final Mapping mapping;
    private final long bounceSize;
    private final BounceBuffer bounce;
    private final IovaAllocator streaming;
    private final IovaAllocator consistent;
    private final MapTable table = new MapTable();

    // Guarded by the table, but read before it is taken.
    private volatile boolean bounceMapped;
    private boolean closed;

    private IovaDomain(Fd file, Mapping mapping, long bounceSize) {
        this.file = file;
        this.mapping = mapping;
        this.bounceSize = bounceSize;
        bounce = new BounceBuffer(mapping.address(), bounceSize);
        // The first granule is never given out: 0 is a failure.
        streaming = new IovaAllocator(IovaAllocator.GRANULE, bounceSize);
        consistent = new IovaAllocator(bounceSize, IOVA_SIZE);
    }

    /**
     * Makes an address space with nothing in it.
     *
     * @param name of the file, shown in {@code /proc}
     * @param bounceSize bytes of the bounce buffer, a multiple of the page size
     * @throws LinuxException if the system has no descriptor or address space left
     */
    public static IovaDomain create(String name, long bounceSize) throws LinuxException {
        var file = Memfd.create(name, IOVA_SIZE);
        try {
            // A daemon gets this file: it must not cut it short under us.
            Memfd.seal(file, Memfd.F_SEAL_SHRINK | Memfd.F_SEAL_GROW | Memfd.F_SEAL_SEAL);
            return new IovaDomain(file, Mapping.shared(file, 0, IOVA_SIZE, true, true), bounceSize);
        } catch (LinuxException | RuntimeException failure) {
            file.close();
            throw failure;
        }
    }

    /** Bytes of the bounce buffer. */
    public long bounceSize() {
        return bounceSize;
    }

    /** Whether the bounce buffer is mapped: since the first streaming map after the last reset. */
    public boolean isBounceMapped() {
        return bounceMapped;
    }

    @Override
    public long maxMappingSize() {
        return bounceSize;
    }

    @Override
    public long map(MemorySegment memory, Direction direction) {
        long iova = streaming.allocate(memory.byteSize());
        if (iova < 0) {
            return MAPPING_ERROR;
        }
        if (!bounceMapped) {
            mapBounce();
        }
        boolean placed = false;
        try {
            placed = bounce.put(iova, memory, direction != Direction.FROM_DEVICE);
        } finally {
            // Also when the driver's memory is closed or another thread's: copying throws then.
            if (!placed) {
                streaming.free(iova, memory.byteSize());
            }
        }
        return placed ? iova : MAPPING_ERROR;
    }

    private void mapBounce() {
        synchronized (table) {
            if (!bounceMapped && !closed) {
                table.add(new MapEntry(0, bounceSize - 1, RW, file, 0));
                bounceMapped = true;
            }
        }
    }

    @Override
    public void unmap(long iova, MemorySegment memory, Direction direction) {
        long bytes = memory.byteSize();
        try {
            bytes = bounce.take(iova, direction != Direction.TO_DEVICE);
        } finally {
            if (bytes > 0) {
                streaming.free(iova, bytes);
            }
        }
        if (bytes == 0) {
            LOG.log(Level.WARNING, "{0}: nothing is mapped at 0x{1}", file.name(), Long.toHexString(iova));
        }
    }

    @Override
    public Coherent allocateCoherent(long size) {
        long iova = consistent.allocate(size);
        if (iova < 0) {
            return null;
        }
        synchronized (table) {
            if (closed) {
                return null;
            }
            long granule = IovaAllocator.GRANULE;
            var pages = NativeMemory.ALL.asSlice(mapping.address() + iova, (size + granule - 1) & -granule);
            pages.fill((byte) 0);
            table.add(new MapEntry(iova, iova + size - 1, RW, file, iova));
            return new Coherent(iova, pages.asSlice(0, size));
        }
    }

    @Override
    public void freeCoherent(Coherent ring) {
        long size = ring.memory().byteSize();
        synchronized (table) {
            boolean found = !table.remove(entry -> entry.file() == file && entry.start() == ring.iova())
                    .isEmpty();
            if (!found) {
                // A set of mappings for a virtual machine has replaced it (kernel-behaviour 8.6).
                LOG.log(Level.WARNING, "{0}: no ring at 0x{1}", file.name(), Long.toHexString(ring.iova()));
            }
        }
        consistent.free(ring.iova(), size);
    }

    /** What the daemon gets for a range: the first entry that overlaps it. */
    public Optional<MapEntry> find(long start, long last) {
        synchronized (table) {
            return table.find(start, last);
        }
    }

    /**
     * As {@link #find}, with a new descriptor in the place of the file.
     *
     * @throws LinuxException EMFILE
     */
    public Optional<MapEntry> handOut(long start, long last) throws LinuxException {
        synchronized (table) {
            var found = table.find(start, last);
            if (found.isEmpty()) {
                return found;
            }
            var entry = found.get();
            var handed = entry.file().duplicate();
            return Optional.of(new MapEntry(entry.start(), entry.last(), entry.perm(), handed, entry.offset()));
        }
    }

    /**
     * Replaces all entries, the one of the bounce buffer among them, by mappings of files; keeps references of its own.
     *
     * @throws LinuxException EMFILE, or EFAULT for a mapping that ends before it begins; then there are no entries
     */
    public void setMap(Iotlb mappings) throws LinuxException {
        synchronized (table) {
            dispose(table.remove(_ -> true));
            try {
                for (var guest : mappings.entries()) {
                    add(guest);
                }
            } catch (LinuxException failure) {
                dispose(table.remove(_ -> true));
                throw failure;
            }
        }
    }

    private void add(Iotlb.Entry guest) throws LinuxException {
        if (Long.compareUnsigned(guest.start(), guest.last()) > 0) {
            throw new LinuxException("map", file.name(), Errno.EFAULT, "the mapping ends before it begins");
        }
        if (guest.start() == 0 && guest.last() == -1) {
            // One range of all addresses has a size that no 64 bits can hold.
            add(new Iotlb.Entry(0, Long.MAX_VALUE, guest.perm(), guest.file(), guest.offset()));
            long half = Long.MIN_VALUE;
            add(new Iotlb.Entry(half, -1, guest.perm(), guest.file(), guest.offset() + half));
            return;
        }
        var own = guest.file().duplicate();
        table.add(new MapEntry(guest.start(), guest.last(), guest.perm(), own, guest.offset()));
    }

    /** Takes out what overlaps mappings that the daemon has refused. */
    public void clearMap(Iotlb mappings) {
        synchronized (table) {
            for (var guest : mappings.entries()) {
                dispose(table.remove(entry -> entry.overlaps(guest.start(), guest.last())));
            }
        }
    }

    /** A reset: the bounce buffer must be mapped anew; rings, and files outside of it, stay (kernel-behaviour 4.3). */
    public void resetBounceMap() {
        synchronized (table) {
            if (bounceMapped) {
                dispose(table.remove(entry -> entry.overlaps(0, bounceSize - 1)));
                bounceMapped = false;
            }
        }
    }

    /**
     * Moves the bounce buffer to the daemon's memory.
     *
     * @param address writable memory of {@link #bounceSize} bytes in this process
     */
    public void useUserMemory(long address) {
        bounce.use(address);
    }

    /** Moves the bounce buffer back to this domain's memory. */
    public void useOwnMemory() {
        bounce.useOwn();
    }

    private void dispose(List<MapEntry> removed) {
        for (var entry : removed) {
            if (entry.file() != file) {
                entry.file().close();
            }
        }
    }

    /** Frees everything; descriptors that were handed out keep the file. Nobody may use rings any more. */
    @Override
    public void close() {
        bounce.close();
        synchronized (table) {
            if (closed) {
                return;
            }
            closed = true;
            dispose(table.remove(_ -> true));
            bounceMapped = false;
        }
        mapping.close();
        file.close();
    }
}
