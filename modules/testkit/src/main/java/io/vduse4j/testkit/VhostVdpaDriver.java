package io.vduse4j.testkit;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Poll;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A virtual machine monitor and its guest in one object: it drives the block device behind {@code /dev/vhost-vdpa-N}
 * through memory and queues of its own, as QEMU does for a guest. It can change its memory while the device runs, stop
 * and go on, and start anew.
 *
 * <p>{@link #open}, {@link #start}, then one {@link #queue} for each thread that does I/O; all other methods belong to
 * one thread. A call that the device's daemon has to answer lasts at most as long as the kernel waits for it (30 s unless
 * changed); all other waits end at the timeout given.
 */
public final class VhostVdpaDriver implements AutoCloseable {

    /** Memory of one request: 256 KiB of data, and room for gaps and an indirect table. */
    public static final int REQUEST_BYTES = (256 + 64) << 10;

    private final VhostVdpaDevice device;
    private final Duration timeout;
    private final EventFd configCall;
    private final VhostMemory memory;
    private final VhostStart start;
    private final List<Queue> queues = new ArrayList<>();
    private final List<DriverArea> ofQueues = new ArrayList<>();
    private long features;

    private record Queue(EventFdSignals signals, BlkDriver driver) {}

    private VhostVdpaDriver(VhostVdpaDevice device, Duration timeout, EventFd configCall) throws LinuxException {
        this.device = device;
        this.timeout = timeout;
        this.configCall = configCall;
        memory = VhostMemory.of(device);
        start = new VhostStart(device);
    }

    /**
     * Opens the device, which resets it.
     *
     * @param path {@code /dev/vhost-vdpa-N}
     * @param timeout how long a request may take
     */
    public static VhostVdpaDriver open(String path, Duration timeout) throws LinuxException {
        return open(VhostNode.open(path), timeout);
    }

    /**
     * Drives an open device, which is closed with the driver, and if this fails.
     *
     * @param node the open device
     * @param timeout how long a request may take
     */
    public static VhostVdpaDriver open(VhostNode node, Duration timeout) throws LinuxException {
        var device = new VhostVdpaDevice(node);
        EventFd configCall = null;
        try {
            configCall = EventFd.create();
            return new VhostVdpaDriver(device, timeout, configCall);
        } catch (LinuxException | RuntimeException problem) {
            device.close();
            if (configCall != null) {
                configCall.close();
            }
            throw problem;
        }
    }

    /** The open device, for calls of its own. */
    public VhostVdpaDevice device() {
        return device;
    }

    /** The features that were negotiated. */
    public long features() {
        return features;
    }

    /** Where chains may have indirect tables: as the rings allow it, or nowhere if they were not negotiated. */
    public Framing.Tables tables() {
        if ((features & VirtioFeatures.RING_INDIRECT_DESC) == 0) {
            return Framing.Tables.NONE;
        }
        return VhostStart.isPacked(features) ? Framing.Tables.LEADING : Framing.Tables.ANY;
    }

    /** All features that this driver can work with. */
    public static long supported() {
        return VirtioFeatures.VERSION_1
                | VirtioFeatures.ACCESS_PLATFORM
                | VirtioFeatures.RING_INDIRECT_DESC
                | VirtioFeatures.RING_EVENT_IDX
                | VirtioFeatures.RING_PACKED
                | BlkFeatures.SIZE_MAX
                | BlkFeatures.SEG_MAX
                | BlkFeatures.RO
                | BlkFeatures.BLK_SIZE
                | BlkFeatures.FLUSH
                | BlkFeatures.TOPOLOGY
                | BlkFeatures.MQ
                | BlkFeatures.DISCARD
                | BlkFeatures.WRITE_ZEROES;
    }

    /**
     * Starts the device with new queues, and forgets those that it had. The queues begin at an index of the caller's choice.
     *
     * @param wanted features to accept if they are offered
     * @param count how many queues
     * @param size entries of each
     * @param index index of the first chain, 0 to 65535; modulo the size the first place of packed rings
     * @param depth requests for which each queue gets memory
     * @throws DeviceFaultException if the device does not take the features or does not start
     */
    public void start(long wanted, int count, int size, int index, int depth) throws LinuxException {
        forgetQueues();
        features = start.negotiate(wanted & supported(), Optional.of(configCall));
        for (DriverArea old : List.copyOf(ofQueues)) {
            removeMemory(old);
        }
        long ringBytes = VhostStart.ringBytes(size);
        DriverArea rings = addMemory(count * ringBytes);
        DriverArea data = addMemory((long) count * depth * REQUEST_BYTES);
        ofQueues.addAll(List.of(rings, data));
        boolean packed = VhostStart.isPacked(features);
        int place = index % size | VirtqueueState.WRAP;
        var begin = packed ? new VirtqueueState(place, place) : VirtqueueState.split(index);
        for (int i = 0; i < count; i++) {
            DriverArea part = rings.part(i * ringBytes, ringBytes);
            var at = RingAddresses.contiguous(packed, size, VhostStart.RING_ALIGNMENT, part.host(), part.device());
            var ring = VirtqueueDriver.of(part.space(), at, features, begin);
            var signals = new EventFdSignals();
            DriverArea requests = data.part((long) i * depth * REQUEST_BYTES, (long) depth * REQUEST_BYTES);
            queues.add(new Queue(signals, new BlkDriver(ring, requests, REQUEST_BYTES, signals, timeout)));
            setUp(i, VhostStart.base(features, begin));
        }
        start.run();
    }

    private void forgetQueues() {
        queues.forEach(queue -> queue.signals().close());
        queues.clear();
    }

    private void setUp(int index, int base) throws LinuxException {
        Queue queue = queues.get(index);
        start.setUp(index, queue.driver().ring().rings(), base, queue.signals());
    }

    /** Number of queues that were started. */
    public int queues() {
        return queues.size();
    }

    /** The block driver of a queue, for one thread. */
    public BlkDriver queue(int index) {
        return queues.get(index).driver();
    }

    /**
     * Stops the device as for a migration: asks each queue where it is, then resets. Nothing may be in flight.
     *
     * @return for each queue its base, as vhost has it
     * @throws DeviceFaultException if the device names another index than the one up to which it has given back
     */
    public List<Integer> stop() throws LinuxException {
        List<Integer> bases = new ArrayList<>();
        for (int i = 0; i < queues.size(); i++) {
            VirtqueueDriver ring = queue(i).ring();
            if (ring.outstanding() != 0) {
                throw new IllegalStateException(ring.outstanding() + " requests are in flight on queue " + i);
            }
            int base = device.queueBase(i);
            int expected = VhostStart.base(features, ring.state());
            if (base != expected) {
                throw new DeviceFaultException(
                        "queue " + i + ": base " + base + " with nothing in flight at " + expected);
            }
            bases.add(base);
        }
        start.reset();
        return bases;
    }

    /** Starts a stopped device with the same features, and with its queues where they were. */
    public void resume(List<Integer> bases) throws LinuxException {
        features = start.negotiate(features, Optional.of(configCall));
        for (int i = 0; i < queues.size(); i++) {
            setUp(i, bases.get(i));
        }
        start.run();
    }

    /**
     * Adds memory at an address that was never used before; the device may be running.
     *
     * @param bytes at least as many, rounded up to pages
     */
    public DriverArea addMemory(long bytes) throws LinuxException {
        return memory.add(bytes);
    }

    /**
     * Takes memory away while the device runs. No queue may have a request in it, nor its rings, nor place new requests
     * there: see {@link BlkDriver#useArea}.
     *
     * @param area what {@link #addMemory} returned
     */
    public void removeMemory(DriverArea area) throws LinuxException {
        for (int i = 0; i < queues.size(); i++) {
            if (queue(i).inFlight(area) != 0) {
                throw new IllegalStateException("queue " + i + " has requests in " + area);
            }
        }
        memory.remove(area);
        ofQueues.remove(area);
    }

    /** Capacity in sectors of 512 bytes, read from the device now. */
    public long capacity() throws LinuxException {
        return ByteBuffer.wrap(device.config(BlkConfig.CAPACITY, 8))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    /**
     * Waits for the device to say that its configuration has changed.
     *
     * @return whether it did, since the last call
     */
    public boolean awaitConfigChange(Duration timeout) {
        var poll = new Poll(1);
        poll.set(0, configCall.fd(), Poll.POLLIN);
        poll.await(timeout.toMillis());
        return configCall.drain() > 0;
    }

    /** Closes the device, which resets it, and frees everything. */
    @Override
    public void close() {
        device.close();
        forgetQueues();
        configCall.close();
        memory.close();
    }
}
