package io.vduse4j.dataplane;

import io.vduse4j.linux.EventFd;
import io.vduse4j.virtio.VirtqueueState;
import java.util.Optional;

/**
 * One queue as the driver has set it up.
 *
 * @param index index of the queue on the device
 * @param size entries of its rings
 * @param desc device address of the descriptor table or ring
 * @param driver device address of the driver's area
 * @param device device address of the device's area
 * @param start where to begin
 * @param kick where the driver's kicks arrive, closed by the session; empty to poll the ring instead
 */
public record QueueSetup(
        int index, int size, long desc, long driver, long device, VirtqueueState start, Optional<EventFd> kick) {}
