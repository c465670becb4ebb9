package io.vduse4j.testkit;

import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.VirtqueueDriver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * A driver for one queue of a block device, made to test devices: any framing, any request, and after each request a
 * check that the device has written what it was given and nothing else. It knows no transport: the queue, the memory and
 * the signals are given.
 *
 * <p>One thread at a time. What a device does wrong ends in a {@link DeviceFaultException}; every wait has a deadline.
 */
public final class BlkDriver {

    private final VirtqueueDriver ring;
    private final long requestBytes;
    private final QueueSignals signals;
    private final Duration timeout;
    private final PlacedRequest[] byHead;
    private final ChainBuffers buffers = new ChainBuffers();
    private final Deque<DriverArea> free = new ArrayDeque<>();
    private DriverArea area;

    /**
     * Makes a driver.
     *
     * @param ring the queue, that nobody else uses
     * @param area memory for requests; as many can be in flight as fit into it
     * @param requestBytes memory of one request, a multiple of 16: data, header, status, gaps and indirect table
     * @param signals kicks and interrupts of the queue
     * @param timeout how long a request may take
     */
    public BlkDriver(VirtqueueDriver ring, DriverArea area, long requestBytes, QueueSignals signals, Duration timeout) {
        this.ring = ring;
        this.requestBytes = requestBytes;
        this.signals = signals;
        this.timeout = timeout;
        this.area = area;
        byHead = new PlacedRequest[ring.rings().size()];
        useArea(area);
    }

    /** The queue. */
    public VirtqueueDriver ring() {
        return ring;
    }

    /** Requests that were submitted and not polled. */
    public int inFlight() {
        return ring.outstanding();
    }

    /** Requests in flight whose memory lies in this area. */
    public int inFlight(DriverArea within) {
        int count = 0;
        for (PlacedRequest request : byHead) {
            if (request != null && isWithin(request.area(), within)) {
                count++;
            }
        }
        return count;
    }

    private static boolean isWithin(DriverArea part, DriverArea whole) {
        return part.device() >= whole.device() && part.device() + part.bytes() <= whole.device() + whole.bytes();
    }

    /**
     * Places all later requests in another area; those in flight stay where they are.
     *
     * @param next the area, with room for one request at least
     */
    public void useArea(DriverArea next) {
        if (next.bytes() < requestBytes) {
            throw new IllegalArgumentException("no room for a request of " + requestBytes + " bytes in " + next);
        }
        area = next;
        free.clear();
        for (long at = 0; at + requestBytes <= next.bytes(); at += requestBytes) {
            DriverArea part = next.part(at, requestBytes);
            if (inFlight(part) == 0) {
                free.add(part);
            }
        }
    }

    /**
     * Submits a request without waiting, and kicks the device if it wants that.
     *
     * @return false if the queue or the memory is full; nothing has happened then
     */
    public boolean submit(BlkCommand command, Framing framing) {
        if (!enqueue(command, framing)) {
            return false;
        }
        publish();
        return true;
    }

    /** As {@link #submit}, but the device does not see the request before {@link #publish}: for batches. */
    public boolean enqueue(BlkCommand command, Framing framing) {
        DriverArea part = free.peekFirst();
        if (part == null) {
            return false;
        }
        var request = new PlacedRequest(command, framing, part);
        request.write(buffers);
        int head = ring.add(buffers, request.direct(), part.host(), part.device());
        if (head == VirtqueueDriver.FULL) {
            return false;
        }
        request.handOver();
        free.removeFirst();
        byHead[head] = request;
        return true;
    }

    /** Shows the device what was enqueued, and kicks it if it wants that. */
    public void publish() {
        ring.publish();
        if (ring.needsKick()) {
            signals.kick();
        }
    }

    /** Takes one request that is done. */
    public Optional<BlkResult> poll() {
        int head = ring.poll();
        if (head == VirtqueueDriver.NOTHING) {
            return Optional.empty();
        }
        if (head == VirtqueueDriver.BROKEN) {
            throw new DeviceFaultException("the device broke the queue: " + ring.brokenBecause());
        }
        PlacedRequest request = byHead[head];
        byHead[head] = null;
        if (isWithin(request.area(), area)) {
            free.addLast(request.area());
        }
        return Optional.of(request.takeBack(ring.usedLength()));
    }

    /**
     * Waits for one request that is done.
     *
     * @throws DeviceFaultException if none is done in time, or is, but without the interrupt that was asked for (VS-14)
     */
    public BlkResult await() {
        long end = System.nanoTime() + timeout.toNanos();
        while (true) {
            Optional<BlkResult> done = poll();
            if (done.isPresent()) {
                return done.get();
            }
            if (ring.outstanding() == 0) {
                throw new IllegalStateException("nothing is in flight");
            }
            if (ring.enableInterrupts()) {
                continue;
            }
            long left = end - System.nanoTime();
            if (left <= 0 || !signals.awaitInterrupt(Duration.ofNanos(left))) {
                throw late();
            }
        }
    }

    private DeviceFaultException late() {
        Optional<BlkResult> done = poll();
        return new DeviceFaultException(
                done.isPresent()
                        ? done.get() + ": done, but the interrupt for it is missing after " + timeout + " (VS-14)"
                        : ring.outstanding() + " requests not done after " + timeout);
    }

    /** Submits a request and waits for it; no other may be in flight. */
    public BlkResult run(BlkCommand command, Framing framing) {
        if (ring.outstanding() != 0) {
            throw new IllegalStateException(ring.outstanding() + " requests are in flight");
        }
        if (!submit(command, framing)) {
            throw new IllegalArgumentException(
                    framing + " needs " + framing.buffers(command) + " descriptors of " + ring.freeDescriptors());
        }
        return await();
    }
}
