package io.vduse4j.embedded.vhost;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vhost.ClientMemory.Range;
import io.vduse4j.embedded.vhost.ClientMemory.Shared;
import io.vduse4j.linux.Errno;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The mappings of a client, by address space, and the messages that change them (kernel-behaviour 8.3, 8.4). Guarded by
 * the lock of the open file. Numbers that come back are negative errnos of the handler, which the client does not see.
 */
final class VhostIotlb {

    /** A mapping; {@code last} is inclusive. */
    private record Mapped(long start, long last, int perm, Shared shared, long offset) {}

    private final VdpaOps ops;
    private final ClientMemory memory;
    private final Map<Integer, NavigableMap<Long, Mapped>> spaces = new HashMap<>();
    private boolean inBatch;
    private int batchAsid;

    VhostIotlb(VdpaOps ops, ClientMemory memory) {
        this.ops = ops;
        this.memory = memory;
    }

    /** A reset ends a batch. */
    void leaveBatch() {
        inBatch = false;
    }

    /** Handles a message. @return 0 or a negative errno */
    int handle(int asid, MemorySegment message) {
        int kind = message.get(JAVA_BYTE, VhostAbi.MSG_KIND);
        boolean creates = kind == VhostAbi.IOTLB_UPDATE || kind == VhostAbi.IOTLB_BATCH_BEGIN;
        NavigableMap<Long, Mapped> space = spaces.get(asid);
        if (space == null && creates && Integer.compareUnsigned(asid, ops.asCount()) < 0) {
            space = new TreeMap<>(Long::compareUnsigned);
            spaces.put(asid, space);
        }
        if (space == null || (inBatch && batchAsid != asid)) {
            return -Errno.EINVAL;
        }
        long iova = message.get(JAVA_LONG_UNALIGNED, VhostAbi.MSG_IOVA);
        long size = message.get(JAVA_LONG_UNALIGNED, VhostAbi.MSG_BYTES);
        switch (kind) {
            case VhostAbi.IOTLB_UPDATE -> {
                long address = message.get(JAVA_LONG_UNALIGNED, VhostAbi.MSG_UADDR);
                return update(asid, space, iova, size, address, message.get(JAVA_BYTE, VhostAbi.MSG_PERM));
            }
            case VhostAbi.IOTLB_INVALIDATE -> unmap(asid, space, iova, iova + size - 1);
            case VhostAbi.IOTLB_BATCH_BEGIN -> {
                inBatch = true;
                batchAsid = asid;
            }
            case VhostAbi.IOTLB_BATCH_END -> {
                if (inBatch) {
                    setMap(asid, space);
                }
                inBatch = false;
            }
            default -> {
                return -Errno.EINVAL;
            }
        }
        return 0;
    }

    private int update(int asid, NavigableMap<Long, Mapped> space, long iova, long size, long address, int perm) {
        long last = iova + size - 1;
        if (size == 0 || Long.compareUnsigned(last, iova) < 0) {
            return -Errno.EINVAL;
        }
        if (overlaps(space, iova, last)) {
            return -Errno.EEXIST;
        }
        long addressLast = address + size - 1;
        Range range = Long.compareUnsigned(addressLast, address) < 0 ? null : memory.at(address, addressLast);
        if (range == null) {
            unmap(asid, space, iova, last); // the rollback, of which the daemon hears
            return -Errno.EINVAL;
        }
        while (range != null) {
            // Unsigned: what is not registered is left out, as the kernel leaves out private mappings.
            long from = Long.compareUnsigned(range.first(), address) > 0 ? range.first() : address;
            long to = Long.compareUnsigned(range.last(), addressLast) < 0 ? range.last() : addressLast;
            Shared shared = range.shared().retain();
            long start = iova + (from - address);
            int result = map(asid, space, new Mapped(start, start + (to - from), perm, shared, range.offsetOf(from)));
            if (result < 0) {
                unmap(asid, space, iova, last);
                return result;
            }
            range = to == addressLast ? null : memory.at(to + 1, addressLast);
        }
        return 0;
    }

    private int map(int asid, NavigableMap<Long, Mapped> space, Mapped mapped) {
        space.put(mapped.start(), mapped);
        int result = inBatch ? 0 : setMap(asid, space);
        if (result < 0) {
            space.remove(mapped.start());
            mapped.shared().release();
        }
        return result;
    }

    private static boolean overlaps(NavigableMap<Long, Mapped> space, long first, long last) {
        Map.Entry<Long, Mapped> below = space.floorEntry(last);
        return below != null && Long.compareUnsigned(below.getValue().last(), first) >= 0;
    }

    /** Removes every mapping that overlaps, as a whole. What the daemon says is not listened to. */
    private void unmap(int asid, NavigableMap<Long, Mapped> space, long first, long last) {
        Iterator<Mapped> mappings = space.values().iterator();
        while (mappings.hasNext()) {
            Mapped mapped = mappings.next();
            if (Long.compareUnsigned(mapped.start(), last) <= 0 && Long.compareUnsigned(mapped.last(), first) >= 0) {
                mappings.remove();
                mapped.shared().release();
            }
        }
        if (!inBatch) {
            setMap(asid, space);
        }
    }

    private int setMap(int asid, NavigableMap<Long, Mapped> space) {
        List<Iotlb.Entry> entries = new ArrayList<>();
        for (Mapped mapped : space.values()) {
            var file = mapped.shared().file();
            entries.add(new Iotlb.Entry(mapped.start(), mapped.last(), mapped.perm(), file, mapped.offset()));
        }
        return ops.setMap(asid, new Iotlb(entries));
    }

    /** Address space of a message, as far as the client has agreed to name it. */
    static int asid(MemorySegment message, long backendFeatures) {
        boolean named = message.get(JAVA_INT_UNALIGNED, 0) == VhostAbi.MSG_V2
                && (backendFeatures & VhostAbi.BACKEND_F_IOTLB_ASID) != 0;
        return named ? message.get(JAVA_INT_UNALIGNED, VhostAbi.MSG_ASID) : 0;
    }

    /** Forgets everything and tells nobody: the device keeps what it has (kernel-behaviour 8.6). */
    void clear() {
        for (NavigableMap<Long, Mapped> space : spaces.values()) {
            space.values().forEach(mapped -> mapped.shared().release());
        }
        spaces.clear();
        inBatch = false;
    }
}
