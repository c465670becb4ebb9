package io.vduse4j.testkit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.RingAddresses;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * An open {@code /dev/vhost-vdpa-N}, or one of the embedded kernel: its calls one by one, without policy. What is refused is a {@link
 * LinuxException} that names the call. Opening resets the device, and only one can have it open (EBUSY).
 *
 * <p>Any thread; each call is one of the device. A call that sends a message to a VDUSE daemon waits for its answer, at
 * most for the device's {@code msg_timeout}.
 */
public final class VhostVdpaDevice implements AutoCloseable {

    private final VhostNode node;
    private final VhostIoctls ioctls;

    /** Wraps an open device, which is closed with this object. */
    public VhostVdpaDevice(VhostNode node) {
        this.node = node;
        ioctls = new VhostIoctls(node);
    }

    /** Opens a device of the Linux kernel. */
    public static VhostVdpaDevice open(String path) throws LinuxException {
        return new VhostVdpaDevice(VhostNode.open(path));
    }

    /** The device in its raw form. */
    public VhostNode node() {
        return node;
    }

    /** Access of a mapping, as in {@link GuestMemory}: equal to VHOST_ACCESS_RO, WO and RW. */
    public enum Access {
        /** The device may read. */
        READ(GuestMemory.READ),
        /** The device may write. */
        WRITE(GuestMemory.WRITE),
        /** Both. */
        BOTH(GuestMemory.READ | GuestMemory.WRITE);

        final byte bits;

        Access(int bits) {
            this.bits = (byte) bits;
        }
    }

    /**
     * The addresses that can be mapped.
     *
     * @param first the first
     * @param last the last, inclusive; unsigned
     */
    public record IovaRange(long first, long last) {}

    /** The features that the device offers. */
    public long features() throws LinuxException {
        return ioctls.get(VhostLayout.GET_FEATURES, "VHOST_GET_FEATURES", 8);
    }

    /** Accepts features; EBUSY once FEATURES_OK is set. */
    public void setFeatures(long features) throws LinuxException {
        ioctls.set(VhostLayout.SET_FEATURES, "VHOST_SET_FEATURES", features);
    }

    /** The features of the vhost back end, of {@code BACKEND_F_…} in {@link VhostLayout}. */
    public long backendFeatures() throws LinuxException {
        return ioctls.get(VhostLayout.GET_BACKEND_FEATURES, "VHOST_GET_BACKEND_FEATURES", 8);
    }

    /** Accepts features of the vhost back end; EOPNOTSUPP for one that was not offered. */
    public void setBackendFeatures(long features) throws LinuxException {
        ioctls.set(VhostLayout.SET_BACKEND_FEATURES, "VHOST_SET_BACKEND_FEATURES", features);
    }

    /** Makes this process the owner: later mappings are of its memory. */
    public void setOwner() throws LinuxException {
        ioctls.control(VhostLayout.SET_OWNER, "VHOST_SET_OWNER", MemorySegment.NULL);
    }

    /** The virtio device id: 2 is a block device. */
    public int deviceId() throws LinuxException {
        return (int) ioctls.get(VhostLayout.VDPA_GET_DEVICE_ID, "VHOST_VDPA_GET_DEVICE_ID", 4);
    }

    /** The device status, of {@link io.vduse4j.virtio.DeviceStatus}. */
    public int status() throws LinuxException {
        return (int) ioctls.get(VhostLayout.VDPA_GET_STATUS, "VHOST_VDPA_GET_STATUS", 1);
    }

    /**
     * Sets the device status; 0 resets. EINVAL for taking bits away. Success does not mean that the device has accepted:
     * read {@link #status} again.
     */
    public void setStatus(int status) throws LinuxException {
        ioctls.set(VhostLayout.VDPA_SET_STATUS, "VHOST_VDPA_SET_STATUS 0x" + Integer.toHexString(status), status);
    }

    /** Bytes of the configuration space. */
    public int configSize() throws LinuxException {
        return (int) ioctls.get(VhostLayout.VDPA_GET_CONFIG_SIZE, "VHOST_VDPA_GET_CONFIG_SIZE", 4);
    }

    /** Reads a part of the configuration space; EINVAL if it is empty or not all there. */
    public byte[] config(int offset, int length) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment config = config(arena, offset, new byte[length]);
            ioctls.control(VhostLayout.VDPA_GET_CONFIG, "VHOST_VDPA_GET_CONFIG", config);
            return config.asSlice(VhostLayout.CONFIG_SIZE).toArray(JAVA_BYTE);
        }
    }

    /** Writes a part of the configuration space; a VDUSE device drops it. */
    public void setConfig(int offset, byte[] data) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment config = config(arena, offset, data);
            ioctls.control(VhostLayout.VDPA_SET_CONFIG, "VHOST_VDPA_SET_CONFIG", config);
        }
    }

    private static MemorySegment config(Arena arena, int offset, byte[] data) {
        MemorySegment config = arena.allocate(VhostLayout.CONFIG_SIZE + (long) data.length, 8);
        config.set(JAVA_INT, VhostLayout.CONFIG_OFFSET, offset);
        config.set(JAVA_INT, VhostLayout.CONFIG_LENGTH, data.length);
        MemorySegment.copy(data, 0, config, JAVA_BYTE, VhostLayout.CONFIG_SIZE, data.length);
        return config;
    }

    /** Sets who is told when the configuration changes; empty: nobody. */
    public void setConfigCall(Optional<EventFd> call) throws LinuxException {
        ioctls.set(VhostLayout.VDPA_SET_CONFIG_CALL, "VHOST_VDPA_SET_CONFIG_CALL", VhostIoctls.number(call));
    }

    /** The addresses that can be mapped. */
    public IovaRange iovaRange() throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment range = arena.allocate(VhostLayout.IOVA_RANGE_SIZE, 8);
            ioctls.control(VhostLayout.VDPA_GET_IOVA_RANGE, "VHOST_VDPA_GET_IOVA_RANGE", range);
            return new IovaRange(
                    range.get(JAVA_LONG, VhostLayout.IOVA_RANGE_FIRST),
                    range.get(JAVA_LONG, VhostLayout.IOVA_RANGE_LAST));
        }
    }

    /** Number of queues. */
    public int queues() throws LinuxException {
        return (int) ioctls.get(VhostLayout.VDPA_GET_VQS_COUNT, "VHOST_VDPA_GET_VQS_COUNT", 4);
    }

    /** Most entries of any queue. */
    public int maxQueueSize() throws LinuxException {
        return (int) ioctls.get(VhostLayout.VDPA_GET_VRING_NUM, "VHOST_VDPA_GET_VRING_NUM", 2);
    }

    /** Sets the number of entries; ENOBUFS for a queue that is not there, in this call and all below. */
    public void setQueueSize(int queue, int size) throws LinuxException {
        ioctls.state(VhostLayout.SET_VRING_NUM, "VHOST_SET_VRING_NUM", queue, size);
    }

    /** Sets the index of the first chain; EINVAL once DRIVER_OK is set. */
    public void setQueueBase(int queue, int index) throws LinuxException {
        ioctls.state(VhostLayout.SET_VRING_BASE, "VHOST_SET_VRING_BASE", queue, index);
    }

    /** Asks for the index of the next chain. */
    public int queueBase(int queue) throws LinuxException {
        return ioctls.state(VhostLayout.GET_VRING_BASE, "VHOST_GET_VRING_BASE", queue, 0);
    }

    /** Enables or disables a queue. */
    public void enableQueue(int queue, boolean enable) throws LinuxException {
        ioctls.state(VhostLayout.VDPA_SET_VRING_ENABLE, "VHOST_VDPA_SET_VRING_ENABLE", queue, enable ? 1 : 0);
    }

    /** Sets the device addresses of a queue; EINVAL once DRIVER_OK is set. */
    public void setQueueAddresses(int queue, RingAddresses rings) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment addresses = arena.allocate(VhostLayout.VRING_ADDR_SIZE, 8);
            addresses.set(JAVA_INT, VhostLayout.VRING_ADDR_INDEX, queue);
            addresses.set(JAVA_LONG, VhostLayout.VRING_ADDR_DESC, rings.desc());
            addresses.set(JAVA_LONG, VhostLayout.VRING_ADDR_AVAIL, rings.driver());
            addresses.set(JAVA_LONG, VhostLayout.VRING_ADDR_USED, rings.device());
            ioctls.control(VhostLayout.SET_VRING_ADDR, "VHOST_SET_VRING_ADDR of queue " + queue, addresses);
        }
    }

    /** Sets who tells the device of new chains; empty: nobody. */
    public void setKick(int queue, Optional<EventFd> kick) throws LinuxException {
        ioctls.file(VhostLayout.SET_VRING_KICK, "VHOST_SET_VRING_KICK", queue, kick);
    }

    /** Sets who is told of used chains; empty: nobody. */
    public void setCall(int queue, Optional<EventFd> call) throws LinuxException {
        ioctls.file(VhostLayout.SET_VRING_CALL, "VHOST_SET_VRING_CALL", queue, call);
    }

    /** Number of groups of queues. */
    public int groups() throws LinuxException {
        return (int) ioctls.get(VhostLayout.VDPA_GET_GROUP_NUM, "VHOST_VDPA_GET_GROUP_NUM", 4);
    }

    /** Number of address spaces. */
    public int addressSpaces() throws LinuxException {
        return (int) ioctls.get(VhostLayout.VDPA_GET_AS_NUM, "VHOST_VDPA_GET_AS_NUM", 4);
    }

    /** The group of a queue. */
    public int group(int queue) throws LinuxException {
        return ioctls.state(VhostLayout.VDPA_GET_VRING_GROUP, "VHOST_VDPA_GET_VRING_GROUP", queue, 0);
    }

    /** Sets the address space of a group; EBUSY once DRIVER_OK is set. */
    public void setAddressSpace(int group, int asid) throws LinuxException {
        ioctls.state(VhostLayout.VDPA_SET_GROUP_ASID, "VHOST_VDPA_SET_GROUP_ASID", group, asid);
    }

    /** Has the device stop and keep its state; EOPNOTSUPP if it cannot. */
    public void suspend() throws LinuxException {
        ioctls.control(VhostLayout.VDPA_SUSPEND, "VHOST_VDPA_SUSPEND", MemorySegment.NULL);
    }

    /** Has a suspended device go on; EOPNOTSUPP if it cannot. */
    public void resume() throws LinuxException {
        ioctls.control(VhostLayout.VDPA_RESUME, "VHOST_VDPA_RESUME", MemorySegment.NULL);
    }

    /** The mappings of the device. */
    public VhostIotlb iotlb() {
        return new VhostIotlb(node);
    }

    /** Closes the device, which resets it. */
    @Override
    public void close() {
        node.close();
    }

    /** Returns the path or the name. */
    @Override
    public String toString() {
        return node.name();
    }
}
