package io.vduse4j.vhostuser;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.MemorySource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The memory that a front end shares, for the time of its connection. What it takes away stays mapped until the workers
 * have passed on and nothing of it is in flight (BUG-11). The control thread changes it; workers read it without a lock.
 */
final class MemoryTable implements MemorySource {

    /** Most regions (TM-03); what the vhost of Linux allows by default is 64, and libvhost-user 509. */
    static final int MAX_SLOTS = 509;

    private record Entry(MemorySlot slot, Mapping mapping) {}

    private final List<Mapping> retired = new ArrayList<>();
    private List<Entry> entries = new ArrayList<>();
    private boolean closed;

    /** Of the log of what is in flight; it goes when everything goes. */
    private Optional<Mapping> log = Optional.empty();

    private volatile GuestMemory memory = GuestMemory.of(NativeMemory.ALL, 0, List.of());

    /** A region with the file that backs it, as a request has brought them. */
    record Passed(MemorySlot slot, Fd file) {}

    @Override
    public GuestMemory memory() {
        return memory;
    }

    /** The front end has told everything that there is. */
    @Override
    public GuestMemory resolve(long address) {
        return memory;
    }

    /** Number of regions. */
    int slots() {
        return entries.size();
    }

    /** Guest address of a user address, if it lies in a region: rings are told by user addresses. */
    OptionalLong guestOf(long user) {
        for (Entry entry : entries) {
            if (entry.slot().hasUser(user)) {
                return OptionalLong.of(entry.slot().guestOf(user));
            }
        }
        return OptionalLong.empty();
    }

    /**
     * Takes other regions in the place of all, in a new generation.
     *
     * @return the old mappings, for {@link #passed}
     * @throws RefusedException if one cannot be mapped or two overlap; nothing has changed then
     */
    synchronized List<Mapping> replace(List<Passed> regions) throws RefusedException {
        List<Entry> next = new ArrayList<>();
        try {
            for (Passed region : regions) {
                checkApart(region.slot(), next);
                next.add(new Entry(region.slot(), region.slot().map(region.file())));
            }
        } catch (RefusedException | RuntimeException e) {
            next.forEach(entry -> entry.mapping().close());
            throw e;
        }
        List<Mapping> old = entries.stream().map(Entry::mapping).toList();
        entries = next;
        retired.addAll(old);
        publish(memory.generation() + 1);
        return old;
    }

    /**
     * Adds a region. Nothing is taken away, so the generation stays.
     *
     * @throws RefusedException if there are too many, or it cannot be mapped or overlaps
     */
    synchronized void add(Passed region) throws RefusedException {
        if (entries.size() >= MAX_SLOTS) {
            throw new RefusedException("more than " + MAX_SLOTS + " regions of memory");
        }
        checkApart(region.slot(), entries);
        entries.add(new Entry(region.slot(), region.slot().map(region.file())));
        publish(memory.generation());
    }

    /**
     * Removes a region, in a new generation.
     *
     * @return the old mapping, for {@link #passed}
     * @throws RefusedException if there is no such region
     */
    synchronized List<Mapping> remove(MemorySlot slot) throws RefusedException {
        for (Entry entry : entries) {
            if (entry.slot().isSame(slot)) {
                entries.remove(entry);
                retired.add(entry.mapping());
                publish(memory.generation() + 1);
                return List.of(entry.mapping());
            }
        }
        throw new RefusedException("there is no " + slot);
    }

    /**
     * Keeps the memory of a log too.
     *
     * @return the one before, which is not used any more once no ring is served
     */
    synchronized Optional<Mapping> keepLog(Mapping next) {
        Optional<Mapping> before = log;
        log = Optional.of(next);
        return before;
    }

    private static void checkApart(MemorySlot slot, List<Entry> others) throws RefusedException {
        for (Entry other : others) {
            if (other.slot().overlaps(slot)) {
                throw new RefusedException(slot + " overlaps the " + other.slot());
            }
        }
    }

    private void publish(long generation) {
        memory = GuestMemory.of(
                NativeMemory.ALL,
                generation,
                entries.stream()
                        .map(entry -> entry.slot().region(entry.mapping()))
                        .toList());
    }

    /** Nobody uses these old mappings any more. */
    synchronized void passed(List<Mapping> old) {
        if (!closed) {
            retired.removeAll(old);
            old.forEach(Mapping::close);
        }
    }

    /**
     * Puts nothing in the place of everything that is mapped: a late access fails, and no byte of it reaches the front
     * end (VD-09). {@link #close} is to follow when nothing is in flight any more.
     */
    synchronized void replaceWithEmpty() throws LinuxException {
        for (Entry entry : entries) {
            entry.mapping().replaceWithEmpty();
        }
        for (Mapping mapping : retired) {
            mapping.replaceWithEmpty();
        }
    }

    /** Unmaps everything; again does nothing. Any thread. */
    synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        entries.forEach(entry -> entry.mapping().close());
        log.ifPresent(Mapping::close);
        retired.forEach(Mapping::close);
        memory = GuestMemory.of(NativeMemory.ALL, memory.generation() + 1, List.of());
    }
}
