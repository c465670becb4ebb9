package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.MemorySource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The driver's memory as the kernel hands it out: a region is mapped when an address in it is first used, with the
 * permission of its entry, and all regions are retired together on UPDATE_IOTLB and on a reset (kernel-behaviour 5.8).
 */
final class IotlbTable implements MemorySource {

    private static final Logger LOG = System.getLogger(IotlbTable.class.getName());

    /** Most regions of a device (TM-03). */
    private static final int MAX_REGIONS = 4096;

    private final VduseDevice node;
    private final Optional<UserMemory> userMemory;
    private List<Mapping> mappings = new ArrayList<>();
    private boolean closed;
    private boolean failureTold;
    private volatile GuestMemory memory = GuestMemory.of(NativeMemory.ALL, 0, List.of());

    /**
     * Makes an empty table.
     *
     * @param node where mappings come from
     * @param userMemory memory to put in the place of the bounce buffer
     */
    IotlbTable(VduseDevice node, Optional<UserMemory> userMemory) {
        this.node = node;
        this.userMemory = userMemory;
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public synchronized GuestMemory resolve(long address) {
        if (closed || memory.find(address) >= 0) {
            return memory;
        }
        if (memory.regions().size() == MAX_REGIONS) {
            tellOnce("more than " + MAX_REGIONS + " regions of memory");
            return memory;
        }
        try {
            Optional<IotlbEntry> found = node.iotlb(address, address);
            if (found.isPresent()) {
                memory = memory.with(cut(map(found.get()), address));
            }
        } catch (LinuxException | IllegalArgumentException e) {
            tellOnce("memory at 0x" + Long.toHexString(address) + " cannot be mapped: " + e.getMessage());
        }
        return memory;
    }

    /** A driver can repeat what it does for ever; it is told once for the memory of now (J-15). */
    private void tellOnce(String what) {
        if (!failureTold) {
            failureTold = true;
            LOG.log(Level.WARNING, "{0}: {1}", node.name(), what);
        }
    }

    /**
     * The part around an address that no other region has. Entries of the kernel do not overlap, but it replaces them
     * before it says so (kernel-behaviour 12): until UPDATE_IOTLB is read, what was there before holds.
     */
    private GuestMemory.Region cut(GuestMemory.Region region, long address) {
        long first = region.first();
        long last = region.last();
        for (GuestMemory.Region other : memory.regions()) {
            if (Long.compareUnsigned(other.last(), address) < 0) {
                first = Long.compareUnsigned(other.last(), first) >= 0 ? other.last() + 1 : first;
            } else {
                last = Long.compareUnsigned(other.first(), last) <= 0 ? other.first() - 1 : last;
            }
        }
        return new GuestMemory.Region(first, last, region.host() + (first - region.first()), region.access());
    }

    private GuestMemory.Region map(IotlbEntry entry) throws LinuxException {
        try (Fd fd = entry.fd()) {
            long bytes = entry.last() - entry.start() + 1;
            if (bytes <= 0) {
                throw new LinuxException("map", node.name(), Errno.EINVAL, "the entry is larger than a process");
            }
            boolean read = (entry.perm() & GuestMemory.READ) != 0;
            boolean write = (entry.perm() & GuestMemory.WRITE) != 0;
            Optional<Long> registered =
                    userMemory.isPresent() ? userMemory.get().replaces(entry, bytes) : Optional.empty();
            long host;
            if (registered.isPresent()) {
                host = registered.get();
            } else {
                Mapping mapping = Mapping.shared(fd, entry.offset(), bytes, read, write);
                mappings.add(mapping);
                host = mapping.address();
            }
            return new GuestMemory.Region(
                    entry.start(), entry.last(), host, entry.perm() & (GuestMemory.READ | GuestMemory.WRITE));
        }
    }

    /** From now on nothing is resolved, and nothing is there. Registered memory stays registered for the next driver. */
    synchronized RetiredMemory close() {
        closed = true;
        return retire();
    }

    /** As {@link #close}, but something may still touch the memory: registered memory goes too. */
    synchronized RetiredMemory closeInUse() {
        userMemory.flatMap(UserMemory::deregister).ifPresent(mappings::add);
        return close();
    }

    /** Begins a new generation with nothing in it. */
    synchronized RetiredMemory retire() {
        List<Mapping> old = mappings;
        mappings = new ArrayList<>();
        failureTold = false;
        memory = GuestMemory.of(NativeMemory.ALL, memory.generation() + 1, List.of());
        return new RetiredMemory(old);
    }
}
