package io.vduse4j.virtio;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The memory that the driver has granted, as one immutable table of regions: which device address lies where in this
 * process, and what may be done with it. Look-ups take no lock and allocate nothing. A change is a new table; when
 * something was taken away, the table has a new generation.
 *
 * <p>Device addresses are unsigned 64-bit numbers. Host addresses are offsets into {@link #space()}: in production the
 * whole address space, so that an offset is an address.
 */
public final class GuestMemory {

    /** Access bit: the device may read. Equal to VDUSE_ACCESS_RO. */
    public static final int READ = 1;

    /** Access bit: the device may write. Equal to VDUSE_ACCESS_WO. */
    public static final int WRITE = 2;

    /**
     * A range of device addresses.
     *
     * @param first its first device address
     * @param last its last device address, inclusive, so that the end of the 64-bit space can be said
     * @param host host address of {@code first}
     * @param access {@link #READ}, {@link #WRITE} or both
     */
    public record Region(long first, long last, long host, int access) {

        /** Refuses an empty region and one whose end lies before its start. */
        public Region {
            if (Long.compareUnsigned(first, last) > 0) {
                throw new IllegalArgumentException(
                        "region ends before it starts: " + Long.toHexString(first) + "-" + Long.toHexString(last));
            }
        }
    }

    private final MemorySegment space;
    private final long generation;
    private final long[] first;
    private final long[] last;
    private final long[] host;
    private final int[] access;

    private GuestMemory(MemorySegment space, long generation, List<Region> regions) {
        this.space = space;
        this.generation = generation;
        int n = regions.size();
        first = new long[n];
        last = new long[n];
        host = new long[n];
        access = new int[n];
        for (int i = 0; i < n; i++) {
            Region region = regions.get(i);
            first[i] = region.first();
            last[i] = region.last();
            host[i] = region.host();
            access[i] = region.access();
            if (i > 0 && Long.compareUnsigned(first[i], last[i - 1]) <= 0) {
                throw new IllegalArgumentException("regions overlap at " + Long.toHexString(first[i]));
            }
        }
    }

    /**
     * Makes a table.
     *
     * @param space the segment whose offsets are the host addresses
     * @param generation its generation
     * @param regions the regions, in any order; they must not overlap
     */
    public static GuestMemory of(MemorySegment space, long generation, List<Region> regions) {
        List<Region> sorted = new ArrayList<>(regions);
        sorted.sort(Comparator.comparing(Region::first, Long::compareUnsigned));
        return new GuestMemory(space, generation, sorted);
    }

    /** This table with one more region, in the same generation: nothing was taken away. */
    public GuestMemory with(Region region) {
        List<Region> all = new ArrayList<>(regions());
        all.add(region);
        return of(space, generation, all);
    }

    /** The segment whose offsets are host addresses. */
    public MemorySegment space() {
        return space;
    }

    /** Counts the tables from which something was taken away. */
    public long generation() {
        return generation;
    }

    /** The regions, sorted by address. */
    public List<Region> regions() {
        List<Region> list = new ArrayList<>(first.length);
        for (int i = 0; i < first.length; i++) {
            list.add(new Region(first[i], last[i], host[i], access[i]));
        }
        return List.copyOf(list);
    }

    /** Index of the region that holds a device address, or -1. */
    public int find(long address) {
        int low = 0;
        int high = first.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(address, first[middle]) < 0) {
                high = middle - 1;
            } else if (Long.compareUnsigned(address, last[middle]) > 0) {
                low = middle + 1;
            } else {
                return middle;
            }
        }
        return -1;
    }

    /** Host address of a device address that lies in the region. */
    public long host(int region, long address) {
        return host[region] + (address - first[region]);
    }

    /**
     * Bytes from the device address to the end of its region, at most {@code limit}. Never overflows: a region that spans
     * the whole 64-bit space is cut to the limit.
     */
    public long contiguous(int region, long address, long limit) {
        long after = last[region] - address; // bytes behind the first one, unsigned
        return Long.compareUnsigned(after, limit - 1) < 0 ? after + 1 : limit;
    }

    /** Whether the region grants all of the access. */
    public boolean grants(int region, int wanted) {
        return (access[region] & wanted) == wanted;
    }

    @Override
    public String toString() {
        return "GuestMemory[generation " + generation + ", "
                + Arrays.toString(regions().toArray()) + "]";
    }
}
