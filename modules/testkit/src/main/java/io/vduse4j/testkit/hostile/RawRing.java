package io.vduse4j.testkit.hostile;

import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The driver's side of a queue that writes what it is told and refuses nothing. What the device writes is checked all the
 * same: a used element that belongs to no chain, or to one that is back already, is a {@link DeviceFaultException}. One
 * thread at a time.
 */
public sealed interface RawRing permits RawSplitRing, RawPackedRing {

    /**
     * A chain that is back.
     *
     * @param chain the chain
     * @param length what the device says that it has written, unsigned
     */
    record Used(RawChain chain, long length) {}

    /**
     * Zeroes the rings and begins.
     *
     * @param packed which format
     * @param space the memory whose offsets are host addresses
     * @param rings where they lie
     * @param eventIdx whether EVENT_IDX was negotiated
     * @param start where device and driver begin
     */
    static RawRing of(
            boolean packed, MemorySegment space, RingAddresses rings, boolean eventIdx, VirtqueueState start) {
        return packed
                ? new RawPackedRing(space, rings, eventIdx, start)
                : new RawSplitRing(space, rings, eventIdx, start);
    }

    /** Entries of the ring. */
    int size();

    /** Descriptors that hold no chain. */
    int room();

    /** Chains that were placed and are not back. */
    int outstanding();

    /** Writes a chain of at most {@link #room} descriptors; the device sees it after {@link #publish}. */
    void place(RawChain chain);

    /** Shows the device what was placed. */
    void publish();

    /** Takes one chain that is back. */
    Optional<Used> poll();

    /**
     * Says whether an interrupt is wanted for the next chain that comes back, in one of the ways that a device must
     * understand so.
     *
     * @param wanted if not, the device may interrupt all the same
     * @param choice which of the ways, any number: reserved bits and values that mean nothing are among them
     */
    void wish(boolean wanted, int choice);

    /**
     * Checks that the device has changed nothing of the ring that is the driver's.
     *
     * @throws DeviceFaultException if it has (VS-07, VP-06)
     */
    void check();
}
