package io.vduse4j.dataplane;

import io.vduse4j.linux.EventFd;
import java.util.Optional;

/**
 * One queue as the driver has set it up.
 *
 * @param index index of the queue on the device
 * @param size entries of its rings
 * @param desc device address of the descriptor table
 * @param avail device address of the available ring
 * @param used device address of the used ring
 * @param nextAvail index of the first chain to take, or {@link #FROM_USED}
 * @param kick where the driver's kicks arrive, closed by the session; empty to poll the ring instead
 */
public record QueueSetup(int index, int size, long desc, long avail, long used, int nextAvail, Optional<EventFd> kick) {

    /** The first chain to take is the one behind the last that was given back: the used ring tells. */
    public static final int FROM_USED = -1;
}
