package io.vduse4j.embedded.vhost;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the client's addresses lie in files: what the kernel reads from the client's mappings (kernel-behaviour 8.4).
 * Guarded by the lock of the open file.
 */
final class ClientMemory implements AutoCloseable {

    /** A file that several have; the last closes it. */
    static final class Shared {
        private final Fd file;
        private int users = 1;

        Shared(Fd file) {
            this.file = file;
        }

        Fd file() {
            return file;
        }

        Shared retain() {
            users++;
            return this;
        }

        void release() {
            if (--users == 0) {
                file.close();
            }
        }
    }

    /** Client addresses that lie in a file; {@code last} is inclusive. */
    record Range(long first, long last, Shared shared, long offset) {

        /** Offset in the file of an address of the range. */
        long offsetOf(long address) {
            return offset + (address - first);
        }
    }

    private final TreeMap<Long, Range> ranges = new TreeMap<>(Long::compareUnsigned);

    /** Adds a range. */
    void add(long address, long size, Fd file, long offset) throws LinuxException {
        long last = address + size - 1;
        if (size <= 0 || offset < 0 || Long.compareUnsigned(last, address) < 0) {
            throw new LinuxException("register memory", file.name(), Errno.EINVAL, address + "+" + size);
        }
        Range below = floor(last);
        if (below != null && Long.compareUnsigned(below.last(), address) >= 0) {
            String detail = "0x" + Long.toHexString(below.first()) + " is registered: take it away first";
            throw new LinuxException("register memory", file.name(), Errno.EEXIST, detail);
        }
        ranges.put(address, new Range(address, last, new Shared(file.duplicate()), offset));
    }

    /** Takes the range away that begins at an address; device mappings of it keep the file. */
    void remove(long address) throws LinuxException {
        Range range = ranges.remove(address);
        if (range == null) {
            String object = "0x" + Long.toHexString(address);
            throw new LinuxException("unregister memory", object, Errno.ENOENT, "no range begins there");
        }
        range.shared().release();
    }

    /** The range that holds an address or is the first behind it, and begins at {@code last} at most; or null. */
    Range at(long address, long last) {
        Range below = floor(address);
        if (below != null && Long.compareUnsigned(below.last(), address) >= 0) {
            return below;
        }
        Map.Entry<Long, Range> above = ranges.higherEntry(address);
        return above != null && Long.compareUnsigned(above.getKey(), last) <= 0 ? above.getValue() : null;
    }

    private Range floor(long address) {
        Map.Entry<Long, Range> below = ranges.floorEntry(address);
        return below == null ? null : below.getValue();
    }

    @Override
    public void close() {
        ranges.values().forEach(range -> range.shared().release());
        ranges.clear();
    }
}
