package io.vduse4j.testkit;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Poll;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.SplitDriver;
import io.vduse4j.virtio.VirtioFeatures;
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

    private static final int ALIVE = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER;
    private static final int RING_ALIGNMENT = 4096;

    private final VhostVdpaDevice device;
    private final Duration timeout;
    private final EventFd configCall;
    private final VhostMemory memory;
    private final List<Queue> queues = new ArrayList<>();
    private final List<DriverArea> ofQueues = new ArrayList<>();
    private long features;

    private record Queue(EventFdSignals signals, BlkDriver driver) {}

    private VhostVdpaDriver(VhostVdpaDevice device, Duration timeout, EventFd configCall) throws LinuxException {
        this.device = device;
        this.timeout = timeout;
        this.configCall = configCall;
        device.setOwner();
        long known = VhostLayout.BACKEND_F_IOTLB_MSG_V2 | VhostLayout.BACKEND_F_IOTLB_BATCH;
        long accepted = device.backendFeatures() & known;
        device.setBackendFeatures(accepted);
        memory = new VhostMemory(device.node(), (accepted & VhostLayout.BACKEND_F_IOTLB_BATCH) != 0);
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

    /** Where chains may have indirect tables: anywhere, or nowhere if they were not negotiated. */
    public Framing.Tables tables() {
        return (features & VirtioFeatures.RING_INDIRECT_DESC) != 0 ? Framing.Tables.ANY : Framing.Tables.NONE;
    }

    /** All features that this driver can work with. */
    public static long supported() {
        return VirtioFeatures.VERSION_1
                | VirtioFeatures.ACCESS_PLATFORM
                | VirtioFeatures.RING_INDIRECT_DESC
                | VirtioFeatures.RING_EVENT_IDX
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
     * @param index index of the first chain, 0 to 65535
     * @param depth requests for which each queue gets memory
     * @throws DeviceFaultException if the device does not take the features or does not start
     */
    public void start(long wanted, int count, int size, int index, int depth) throws LinuxException {
        forgetQueues();
        negotiate(wanted & supported());
        for (DriverArea old : List.copyOf(ofQueues)) {
            removeMemory(old);
        }
        long ringBytes = (RingAddresses.bytes(size, RING_ALIGNMENT) + RING_ALIGNMENT - 1) & -RING_ALIGNMENT;
        DriverArea rings = addMemory(count * ringBytes);
        DriverArea data = addMemory((long) count * depth * REQUEST_BYTES);
        ofQueues.addAll(List.of(rings, data));
        for (int i = 0; i < count; i++) {
            DriverArea part = rings.part(i * ringBytes, ringBytes);
            var at = RingAddresses.contiguous(size, RING_ALIGNMENT, part.host(), part.device());
            var ring = new SplitDriver(part.space(), at, features, index);
            var signals = new EventFdSignals();
            DriverArea requests = data.part((long) i * depth * REQUEST_BYTES, (long) depth * REQUEST_BYTES);
            queues.add(new Queue(signals, new BlkDriver(ring, requests, REQUEST_BYTES, signals, timeout)));
            setUp(i, index);
        }
        run();
    }

    private void forgetQueues() {
        queues.forEach(queue -> queue.signals().close());
        queues.clear();
    }

    private void negotiate(long accepted) throws LinuxException {
        device.setStatus(0);
        expectStatus(0);
        device.setStatus(DeviceStatus.ACKNOWLEDGE);
        device.setStatus(ALIVE);
        features = device.features() & accepted;
        device.setFeatures(features);
        device.setStatus(ALIVE | DeviceStatus.FEATURES_OK);
        expectStatus(ALIVE | DeviceStatus.FEATURES_OK);
        device.setConfigCall(Optional.of(configCall));
    }

    private void setUp(int index, int base) throws LinuxException {
        Queue queue = queues.get(index);
        RingAddresses rings = queue.driver().ring().rings();
        device.setQueueSize(index, rings.size());
        device.setQueueBase(index, base);
        device.setQueueAddresses(index, rings);
        device.setKick(index, Optional.of(queue.signals().kickFd()));
        device.setCall(index, Optional.of(queue.signals().callFd()));
        device.enableQueue(index, true);
    }

    private void run() throws LinuxException {
        int running = ALIVE | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK;
        device.setStatus(running);
        expectStatus(running);
    }

    private void expectStatus(int expected) throws LinuxException {
        int status = device.status();
        if (status != expected) {
            throw new DeviceFaultException(device + ": status 0x" + Integer.toHexString(status) + " instead of 0x"
                    + Integer.toHexString(expected));
        }
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
     * @return for each queue the index of its next chain
     * @throws DeviceFaultException if the device names another index than the one up to which it has given back
     */
    public List<Integer> stop() throws LinuxException {
        List<Integer> bases = new ArrayList<>();
        for (int i = 0; i < queues.size(); i++) {
            SplitDriver ring = queue(i).ring();
            if (ring.outstanding() != 0) {
                throw new IllegalStateException(ring.outstanding() + " requests are in flight on queue " + i);
            }
            int base = device.queueBase(i);
            if (base != ring.usedIndex()) {
                throw new DeviceFaultException(
                        "queue " + i + ": base " + base + " with nothing in flight at index " + ring.usedIndex());
            }
            bases.add(base);
        }
        device.setStatus(0);
        expectStatus(0);
        return bases;
    }

    /** Starts a stopped device with the same features, and with its queues where they were. */
    public void resume(List<Integer> bases) throws LinuxException {
        negotiate(features);
        for (int i = 0; i < queues.size(); i++) {
            setUp(i, bases.get(i));
        }
        run();
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
