package io.vduse4j.vhostuser;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vhostuser.Ring.RingUserAddresses;
import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** The requests about single rings. Belongs to the control thread. */
final class RingRequests implements AutoCloseable {

    private static final int INDEX_BITS = 16;
    private static final int INDEX_MASK = 0xffff;

    private final VirtioDevice device;
    private final MemoryTable table;
    private final RingService service;
    private final Ring[] rings;
    private final Calls calls;

    RingRequests(VirtioDevice device, MemoryTable table, RingService service, Ring[] rings, Calls calls) {
        this.device = device;
        this.table = table;
        this.service = service;
        this.rings = rings;
        this.calls = calls;
    }

    private static boolean isPacked(long features) {
        return (features & VirtioFeatures.RING_PACKED) != 0;
    }

    /** The number is compared as it came, before anything is cut off (VU-06, BUG-04). */
    private Ring ring(long index) throws RefusedException {
        if (index < 0 || index >= rings.length) {
            throw new RefusedException("there is no ring " + Long.toUnsignedString(index));
        }
        return rings[(int) index];
    }

    boolean anyServed() {
        return Arrays.stream(rings).anyMatch(Ring::isServed);
    }

    void set(VhostUserRequest request, ByteBuffer payload, long features) throws RefusedException {
        Ring ring = ring(Integer.toUnsignedLong(payload.getInt()));
        switch (request) {
            case SET_VRING_NUM -> setSize(ring, Integer.toUnsignedLong(payload.getInt()));
            case SET_VRING_BASE -> setBase(ring, payload.getInt(), isPacked(features));
            case SET_VRING_ADDR -> setAddresses(ring, payload, features);
            case SET_VRING_ENABLE -> setEnabled(ring, Integer.toUnsignedLong(payload.getInt()), features);
            default -> throw new IllegalArgumentException(request + " is not about the state of a ring");
        }
    }

    private void setSize(Ring ring, long entries) throws RefusedException {
        refuseIfServed(ring);
        if (entries == 0 || entries > device.maxQueueSize()) {
            throw new RefusedException(
                    "ring " + ring.index() + ": " + entries + " entries, not 1 to " + device.maxQueueSize());
        }
        ring.setSize((int) entries);
    }

    private static void refuseIfServed(Ring ring) throws RefusedException {
        if (ring.isServed()) {
            throw new RefusedException("ring " + ring.index() + " runs");
        }
    }

    private static void setBase(Ring ring, int base, boolean packed) throws RefusedException {
        refuseIfServed(ring);
        if (!packed && (base & ~INDEX_MASK) != 0) {
            throw new RefusedException(
                    "ring " + ring.index() + ": index " + Integer.toUnsignedString(base) + " is beyond 16 bits");
        }
        ring.setNext(packed ? new VirtqueueState(base & INDEX_MASK, base >>> INDEX_BITS) : VirtqueueState.split(base));
    }

    private void setAddresses(Ring ring, ByteBuffer payload, long features) throws RefusedException {
        int flags = payload.getInt();
        long desc = payload.getLong();
        long used = payload.getLong();
        long avail = payload.getLong();
        if (flags != 0) {
            throw new RefusedException("ring " + ring.index() + ": writes cannot be logged, flags " + flags);
        }
        var addresses = new RingUserAddresses(desc, avail, used);
        for (long address : new long[] {desc, used, avail}) {
            if (table.guestOf(address).isEmpty()) {
                throw new RefusedException("ring " + ring.index() + ": user address 0x" + Long.toHexString(address)
                        + " lies in no region");
            }
        }
        if (!addresses.isAligned(isPacked(features))) {
            throw new RefusedException("ring " + ring.index() + " is not aligned: " + addresses);
        }
        ring.setAddresses(addresses);
        service.restart(ring, features); // VU-03
    }

    private void setEnabled(Ring ring, long enabled, long features) throws RefusedException {
        if (enabled > 1) {
            throw new RefusedException("ring " + ring.index() + ": neither enabled nor disabled: " + enabled);
        }
        ring.setEnabled(enabled == 1);
        service.reconcile(ring, features);
    }

    void enableAll(long features) {
        for (Ring ring : rings) {
            ring.setEnabled(true);
            service.reconcile(ring, features);
        }
    }

    void setDescriptor(VhostUserRequest request, Message message, long features) throws RefusedException {
        Ring ring = ring(message.payload().getLong(0) & ~VhostUserWire.NO_DESCRIPTOR);
        Optional<EventFd> descriptor = message.received() == 0 ? Optional.empty() : Optional.of(adopt(message.take()));
        switch (request) {
            case SET_VRING_KICK -> {
                ring.setKick(descriptor);
                service.restart(ring, features);
                service.reconcile(ring, features);
            }
            case SET_VRING_CALL -> calls.set(ring.index(), descriptor);
            default -> ring.setError(descriptor);
        }
    }

    private static EventFd adopt(Fd descriptor) throws RefusedException {
        try {
            return EventFd.adoptForeign(descriptor);
        } catch (LinuxException e) {
            throw new RefusedException("a descriptor cannot be used", e);
        }
    }

    /** Stops a ring; where it stands is told when nothing of it is in flight any more (VU-01). */
    void getBase(ByteBuffer payload, long features, Reply reply) throws RefusedException {
        Ring ring = ring(Integer.toUnsignedLong(payload.getInt()));
        ring.stop();
        ring.whenQuiet(() -> {
            VirtqueueState next = ring.next(isPacked(features));
            int number = isPacked(features) ? next.avail() | next.used() << INDEX_BITS : next.avail();
            try {
                reply.state(ring.index(), number);
            } catch (LinuxException e) {
                reply.nothing(); // the poll finds the end of the connection
            }
        });
        service.reconcile(ring, features);
    }

    /** Stops and forgets all rings, and tells when nothing is in flight any more. */
    void reset(long features, Runnable quiet) {
        for (Ring ring : rings) {
            ring.stop();
            service.reconcile(ring, features);
        }
        forgetFrom(0, quiet);
    }

    private void forgetFrom(int index, Runnable quiet) {
        if (index == rings.length) {
            quiet.run();
            return;
        }
        rings[index].whenQuiet(() -> {
            rings[index].reset();
            forgetFrom(index + 1, quiet);
        });
    }

    /** The descriptor whose first kick starts this ring, if it waits for one. */
    Optional<Fd> awaitedKick(int ring) {
        return rings[ring].awaitedKick();
    }

    /** The first kick of a ring has come. */
    void kicked(int ring, long features) {
        rings[ring].kicked();
        service.reconcile(rings[ring], features);
    }

    /** Tells the front end of a ring that is broken. */
    void failed(int ring) {
        rings[ring].signalError();
    }

    @Override
    public void close() {
        for (Ring ring : rings) {
            ring.close();
        }
        calls.close();
    }
}
