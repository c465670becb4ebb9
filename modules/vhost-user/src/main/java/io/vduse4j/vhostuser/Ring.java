package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.QueueSetup;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.PackedRing;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtqueueState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the front end has told of one ring, and what is done with it. It begins stopped and disabled; it is started by the
 * first kick, or at once when there is no kick to wait for, and stopped by GET_VRING_BASE (VU-01); it is served while it
 * is started and enabled (VU-02). Belongs to the control thread.
 */
final class Ring implements AutoCloseable {

    private static final int ADDRESS_FIELDS_ALIGNMENT = 16;

    private final int index;
    private int size;
    private Optional<RingUserAddresses> addresses = Optional.empty();
    private Optional<VirtqueueState> next = Optional.empty();
    private Optional<EventFd> kick = Optional.empty();
    private Optional<EventFd> error = Optional.empty();
    private boolean awaitsKick;
    private boolean started;
    private boolean enabled;
    private boolean served;
    private boolean stopping;
    private final List<Runnable> whenQuiet = new ArrayList<>();

    /**
     * User addresses of the parts.
     *
     * @param desc descriptor table or ring
     * @param driver available ring, or the driver's event suppression
     * @param device used ring, or the device's event suppression
     */
    record RingUserAddresses(long desc, long driver, long device) {

        /** Whether every part is aligned as a driver must (VS-01, VP-01). */
        boolean isAligned(boolean packed) {
            return desc % ADDRESS_FIELDS_ALIGNMENT == 0 && driver % (packed ? 4 : 2) == 0 && device % 4 == 0;
        }
    }

    Ring(int index) {
        this.index = index;
    }

    int index() {
        return index;
    }

    /** Whether it may be served now. */
    boolean isWanted() {
        return started && enabled;
    }

    boolean isStarted() {
        return started;
    }

    boolean isServed() {
        return served;
    }

    boolean isStopping() {
        return stopping;
    }

    void setServed(boolean now) {
        served = now;
        stopping = false;
    }

    void setStopping() {
        stopping = true;
    }

    void setEnabled(boolean now) {
        enabled = now;
    }

    void setSize(int entries) {
        size = entries;
    }

    void setAddresses(RingUserAddresses user) {
        addresses = Optional.of(user);
    }

    void setNext(VirtqueueState state) {
        next = Optional.of(state);
    }

    /** Where it stands, when it is not served. */
    VirtqueueState next(boolean packed) {
        return next.orElse(VirtqueueState.start(packed));
    }

    /** A new kick; a ring that is started stays so, another waits for its first kick or starts at once. */
    void setKick(Optional<EventFd> fd) {
        kick.ifPresent(EventFd::close);
        kick = fd;
        awaitsKick = !started && fd.isPresent();
        started |= fd.isEmpty();
    }

    /** The descriptor whose first kick starts the ring, if it waits for one. */
    Optional<Fd> awaitedKick() {
        return awaitsKick ? kick.map(EventFd::fd) : Optional.empty();
    }

    /** The first kick has come. */
    void kicked() {
        awaitsKick = false;
        started = true;
    }

    /** Takes its kick away: only a new one starts it again. */
    void stop() {
        started = false;
        awaitsKick = false;
        kick.ifPresent(EventFd::close);
        kick = Optional.empty();
    }

    void setError(Optional<EventFd> fd) {
        error.ifPresent(EventFd::close);
        error = fd;
    }

    /** Tells the front end that the ring has failed, if it wants to know. */
    void signalError() {
        error.ifPresent(EventFd::signal);
    }

    /** Runs something once the ring is not served: now, or when it has stopped. */
    void whenQuiet(Runnable then) {
        if (served) {
            whenQuiet.add(then);
        } else {
            then.run();
        }
    }

    /** The ring is not served any more: runs what waited for it. */
    void tellQuiet() {
        List<Runnable> told = List.copyOf(whenQuiet);
        whenQuiet.clear();
        told.forEach(Runnable::run);
    }

    /** Everything but the error descriptor is as in the beginning (VU-11). */
    void reset() {
        stop();
        enabled = false;
        size = 0;
        addresses = Optional.empty();
        next = Optional.empty();
    }

    /**
     * What a session needs in order to serve it.
     *
     * @param packed the negotiated format
     * @param table where its parts lie
     * @throws RefusedException if it is not set up as it must be
     * @throws LinuxException if the process can have no more descriptors
     */
    QueueSetup setup(boolean packed, MemoryTable table) throws RefusedException, LinuxException {
        boolean valid = packed ? PackedRing.isValidSize(size) : SplitRing.isValidSize(size);
        if (!valid) {
            throw new RefusedException("ring " + index + " has " + size + " entries");
        }
        RingUserAddresses user =
                addresses.orElseThrow(() -> new RefusedException("ring " + index + " has no addresses"));
        long desc = guest(table, user.desc());
        long driver = guest(table, user.driver());
        long device = guest(table, user.device());
        // The session closes the kick that it gets, and may be started again with the same one.
        Optional<EventFd> own =
                kick.isPresent() ? Optional.of(EventFd.adopt(kick.get().fd().duplicate())) : Optional.empty();
        return new QueueSetup(index, size, desc, driver, device, next(packed), own);
    }

    private long guest(MemoryTable table, long user) throws RefusedException {
        OptionalLong guest = table.guestOf(user);
        if (guest.isEmpty()) {
            throw new RefusedException(
                    "ring " + index + ": user address 0x" + Long.toHexString(user) + " lies in no region");
        }
        return guest.getAsLong();
    }

    @Override
    public void close() {
        stop();
        setError(Optional.empty());
    }
}
