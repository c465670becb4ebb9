package io.vduse4j.testkit.vhostuser;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.EventFdSignals;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.VhostVdpaDriver;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.vhostuser.VhostUserWire;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A virtual machine monitor and its guest in one object: it drives the block device behind a vhost-user socket through
 * memory and queues of its own. It can change its memory while the device runs, stop rings and go on, and send what no
 * front end would ({@link #socket}).
 *
 * <p>{@link #connect}, {@link #negotiate}, {@link #start}, then one {@link #queue} for each thread that does I/O; all
 * other methods belong to one thread. Every wait ends at the timeout given.
 */
public final class VhostUserFrontEnd implements AutoCloseable {

    private FrontEndSocket socket;
    private final Duration timeout;
    private final SharedMemory memory;
    private final List<FrontEndQueue> queues = new ArrayList<>();
    private long features;
    private long protocolFeatures;

    /** What is in flight is kept here for the next back end, if that was negotiated. */
    private Optional<FrontEndSocket.Passed> log = Optional.empty();

    private VhostUserFrontEnd(FrontEndSocket socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
        memory = new SharedMemory(socket);
    }

    /**
     * Connects to a back end.
     *
     * @param path its socket
     * @param timeout how long a request, or a message, may take
     */
    public static VhostUserFrontEnd connect(Path path, Duration timeout) throws LinuxException {
        return new VhostUserFrontEnd(FrontEndSocket.connect(path, timeout), timeout);
    }

    /**
     * Uses a socket that is connected to a back end; it is closed with this object.
     *
     * @param timeout how long a request, or a message, may take
     */
    public static VhostUserFrontEnd of(UnixSocket connected, Duration timeout) {
        return new VhostUserFrontEnd(FrontEndSocket.of(connected, timeout), timeout);
    }

    /** The messages, for any that are not sent here. */
    public FrontEndSocket socket() {
        return socket;
    }

    /**
     * Negotiates features.
     *
     * @param wanted virtio features to accept if they are offered; {@link VhostUserFeatures#PROTOCOL_FEATURES} among them
     *     if rings are to begin disabled
     * @param protocol protocol features to accept if they are offered
     * @throws DeviceFaultException if the device does not offer VERSION_1
     */
    public void negotiate(long wanted, long protocol) throws LinuxException {
        socket.request(VhostUserRequest.SET_OWNER, FrontEndSocket.payload(0));
        long offered = socket.askNumber(VhostUserRequest.GET_FEATURES);
        if ((offered & VirtioFeatures.VERSION_1) == 0) {
            throw new DeviceFaultException("VERSION_1 is not offered: 0x" + Long.toHexString(offered));
        }
        if ((offered & VhostUserFeatures.PROTOCOL_FEATURES) != 0) {
            protocolFeatures = socket.askNumber(VhostUserRequest.GET_PROTOCOL_FEATURES) & protocol;
            socket.request(VhostUserRequest.SET_PROTOCOL_FEATURES, FrontEndSocket.number(protocolFeatures));
            socket.acknowledge(protocolFeatures);
            memory.negotiated(protocolFeatures);
        }
        features = offered & (wanted | VirtioFeatures.VERSION_1);
        socket.request(VhostUserRequest.SET_FEATURES, FrontEndSocket.number(features));
    }

    /** As {@link #negotiate(long, long)} with all virtio features that the driver can work with, and all of the protocol. */
    public void negotiate() throws LinuxException {
        negotiate(supported(), VhostUserFeatures.OFFERED);
    }

    /** All features that this front end and its driver can work with. */
    public static long supported() {
        return (VhostVdpaDriver.supported() & ~VirtioFeatures.ACCESS_PLATFORM)
                | BlkFeatures.CONFIG_WCE
                | VirtioFeatures.RING_RESET
                | VhostUserFeatures.PROTOCOL_FEATURES;
    }

    /** The virtio features that were negotiated. */
    public long features() {
        return features;
    }

    /** The protocol features that were negotiated. */
    public long protocolFeatures() {
        return protocolFeatures;
    }

    private boolean isPacked() {
        return (features & VirtioFeatures.RING_PACKED) != 0;
    }

    /** Where chains may have indirect tables: as the rings allow it, or nowhere if they were not negotiated. */
    public Framing.Tables tables() {
        if ((features & VirtioFeatures.RING_INDIRECT_DESC) == 0) {
            return Framing.Tables.NONE;
        }
        return isPacked() ? Framing.Tables.LEADING : Framing.Tables.ANY;
    }

    /**
     * Shares memory for new queues, sets them up, starts and enables them.
     *
     * @param count how many queues
     * @param size entries of each
     * @param index index of the first chain, 0 to 65535; modulo the size the first place of packed rings
     * @param depth requests for which each queue gets memory
     */
    public void start(int count, int size, int index, int depth) throws LinuxException {
        start(count, size, size, index, depth);
    }

    /**
     * As {@link #start(int, int, int, int)}, of queues that {@link #restart} may make larger.
     *
     * @param most entries for which the log of each has room; the back end refuses more than its device has
     */
    public void start(int count, int size, int most, int index, int depth) throws LinuxException {
        askForLog(count, most);
        long unit = FrontEndQueue.ringBytes(isPacked(), size);
        DriverArea rings = addMemory(count * unit);
        DriverArea data = addMemory((long) count * depth * VhostVdpaDriver.REQUEST_BYTES);
        int place = index % size | VirtqueueState.WRAP;
        var begin = isPacked() ? new VirtqueueState(place, place) : VirtqueueState.split(index);
        for (int i = 0; i < count; i++) {
            DriverArea requests = data.part(
                    (long) i * depth * VhostVdpaDriver.REQUEST_BYTES, (long) depth * VhostVdpaDriver.REQUEST_BYTES);
            queues.add(FrontEndQueue.make(size, features, begin, rings.part(i * unit, unit), requests, timeout));
            setUp(i, base(begin));
        }
    }

    /** Bytes that {@link #restart} wants for a queue of so many entries with so many requests in flight. */
    public long restartBytes(int size, int depth) {
        return FrontEndQueue.ringBytes(isPacked(), size) + (long) depth * VhostVdpaDriver.REQUEST_BYTES;
    }

    /**
     * Starts a queue that was reset ({@link #stop}) anew, as one that was never used (VIRTIO_F_RING_RESET), with a driver
     * of its own, and with new descriptors. What the queue had before is the caller's to free.
     *
     * @param size entries, any that the device takes
     * @param area {@link #restartBytes} of {@link #addMemory} or more: the ring, and what is left for requests
     */
    public void restart(int index, int size, DriverArea area) throws LinuxException {
        if ((features & VirtioFeatures.RING_RESET) == 0) {
            throw new IllegalStateException("RING_RESET was not negotiated");
        }
        long ringBytes = FrontEndQueue.ringBytes(isPacked(), size);
        VirtqueueState begin = VirtqueueState.start(isPacked());
        FrontEndQueue old = queues.set(
                index,
                FrontEndQueue.make(
                        size,
                        features,
                        begin,
                        area.part(0, ringBytes),
                        area.part(ringBytes, area.bytes() - ringBytes),
                        timeout));
        old.signals().close();
        setUp(index, base(begin));
    }

    private void askForLog(int count, int size) throws LinuxException {
        if ((protocolFeatures & VhostUserFeatures.INFLIGHT_SHMFD) == 0) {
            return;
        }
        ByteBuffer payload = FrontEndSocket.payload(VhostUserWire.PADDED_INFLIGHT_BYTES)
                .putShort(16, (short) count)
                .putShort(18, (short) size);
        log = Optional.of(socket.askDescriptor(VhostUserRequest.GET_INFLIGHT_FD, payload));
        passLog();
    }

    private void passLog() throws LinuxException {
        if (log.isPresent()) {
            socket.request(
                    VhostUserRequest.SET_INFLIGHT_FD,
                    log.get().payload().duplicate().order(ByteOrder.nativeOrder()),
                    log.get().descriptor());
        }
    }

    /**
     * Goes on with another back end, since the last one has died or has ended the connection: memory, queues and the log of
     * what is in flight are the same, and so are the features.
     *
     * @param path its socket
     */
    public void reconnect(Path path) throws LinuxException {
        socket.close();
        socket = FrontEndSocket.connect(path, timeout);
        long protocol = protocolFeatures;
        negotiate(features, protocol);
        memory.tellAnew(socket);
        passLog();
        for (int i = 0; i < queues.size(); i++) {
            setUp(i, isPacked() ? base(VirtqueueState.PACKED_START) : usedIndex(i));
        }
    }

    /** What a monitor begins a split ring with whose back end did not say where it stopped. */
    private int usedIndex(int index) {
        RingAddresses rings = queue(index).ring().rings();
        return Short.toUnsignedInt(NativeMemory.ALL.get(ValueLayout.JAVA_SHORT, rings.deviceHost() + 2));
    }

    /** A ring's position as SET_VRING_BASE takes it: packed, the used position in the upper half. */
    private int base(VirtqueueState state) {
        return isPacked() ? state.avail() | state.used() << 16 : state.avail();
    }

    /** Where the driver of a queue stands, as {@link #setUp} takes it. */
    public int base(int index) {
        return base(queue(index).ring().state());
    }

    /**
     * Sets a queue up and starts it.
     *
     * @param base where it begins, as GET_VRING_BASE tells it
     */
    public void setUp(int index, int base) throws LinuxException {
        FrontEndQueue queue = queues.get(index);
        RingAddresses rings = queue.driver().ring().rings();
        socket.request(VhostUserRequest.SET_VRING_NUM, FrontEndSocket.state(index, rings.size()));
        socket.request(VhostUserRequest.SET_VRING_BASE, FrontEndSocket.state(index, base));
        setAddresses(index, rings);
        setDescriptor(
                VhostUserRequest.SET_VRING_CALL, index, queue.signals().callFd().fd());
        setDescriptor(
                VhostUserRequest.SET_VRING_KICK, index, queue.signals().kickFd().fd());
        if ((features & VhostUserFeatures.PROTOCOL_FEATURES) != 0) {
            enable(index, true);
        }
        queue.signals().kick();
    }

    /** Tells where the parts of a ring are, by addresses of this process. */
    public void setAddresses(int index, RingAddresses rings) throws LinuxException {
        ByteBuffer payload = FrontEndSocket.payload(40)
                .putInt(index)
                .putInt(0)
                .putLong(rings.descHost())
                .putLong(rings.deviceHost())
                .putLong(rings.driverHost())
                .putLong(0)
                .flip();
        socket.request(VhostUserRequest.SET_VRING_ADDR, payload);
    }

    /** Passes a descriptor for a ring: SET_VRING_KICK, CALL or ERR. */
    public void setDescriptor(VhostUserRequest request, int index, Fd descriptor) throws LinuxException {
        socket.request(request, FrontEndSocket.number(index), descriptor);
    }

    /** Tells that there is no descriptor for a ring: SET_VRING_KICK, CALL or ERR. */
    public void setNoDescriptor(VhostUserRequest request, int index) throws LinuxException {
        socket.request(request, FrontEndSocket.number(index | VhostUserWire.NO_DESCRIPTOR));
    }

    /** Enables a ring, or disables it. */
    public void enable(int index, boolean enabled) throws LinuxException {
        socket.request(VhostUserRequest.SET_VRING_ENABLE, FrontEndSocket.state(index, enabled ? 1 : 0));
    }

    /** The memory of the log of what is in flight, if it is kept; it stays this object's. */
    public Optional<Fd> log() {
        return log.map(FrontEndSocket.Passed::descriptor);
    }

    /** Number of queues that were started. */
    public int queues() {
        return queues.size();
    }

    /** The block driver of a queue, for one thread. */
    public BlkDriver queue(int index) {
        return queues.get(index).driver();
    }

    /** Kick and call of a queue. */
    public EventFdSignals signals(int index) {
        return queues.get(index).signals();
    }

    /**
     * Stops a ring.
     *
     * @return where it stands, as {@link #setUp} takes it
     */
    public int stop(int index) throws LinuxException {
        ByteBuffer reply = socket.ask(VhostUserRequest.GET_VRING_BASE, FrontEndSocket.state(index, 0));
        if (reply.remaining() != Long.BYTES || reply.getInt(0) != index) {
            throw new DeviceFaultException("GET_VRING_BASE of ring " + index + " is answered for " + reply.getInt(0));
        }
        return reply.getInt(Integer.BYTES);
    }

    /**
     * Stops a ring with nothing in flight.
     *
     * @throws DeviceFaultException if the device names another place than the one up to which it has given back
     */
    public int stopIdle(int index) throws LinuxException {
        int base = stop(index);
        int expected = base(index);
        if (base != expected) {
            throw new DeviceFaultException(
                    "ring " + index + ": base " + base + " with nothing in flight at " + expected);
        }
        return base;
    }

    /** Adds memory at a guest address that was never used before; the device may be running. */
    public DriverArea addMemory(long bytes) throws LinuxException {
        return memory.add(bytes);
    }

    /** Takes memory away while the device runs; nobody may use it. */
    public void removeMemory(DriverArea area) throws LinuxException {
        memory.remove(area);
    }

    /** Tells all memory anew, as a monitor does that knows no single regions. */
    public void tellMemory() throws LinuxException {
        memory.tellAll();
    }

    /** The files that back the memory, in the order in which it was added; they stay this object's. */
    public List<Fd> memoryFiles() {
        return memory.files();
    }

    /**
     * Reads the configuration space.
     *
     * @return as many bytes as the device has sent
     */
    public byte[] config(int offset, int size) throws LinuxException {
        ByteBuffer request = FrontEndSocket.payload(VhostUserWire.CONFIG_HEADER_BYTES + size)
                .putInt(0, offset)
                .putInt(4, size);
        ByteBuffer reply = socket.ask(VhostUserRequest.GET_CONFIG, request);
        byte[] bytes = new byte[Math.max(0, reply.remaining() - VhostUserWire.CONFIG_HEADER_BYTES)];
        reply.get(reply.limit() - bytes.length, bytes);
        return bytes;
    }

    /**
     * Writes the configuration space, as a driver does.
     *
     * @return 0 if it was written, or if replies were not negotiated
     */
    public long setConfig(int offset, byte... bytes) throws LinuxException {
        ByteBuffer request = FrontEndSocket.payload(VhostUserWire.CONFIG_HEADER_BYTES + bytes.length)
                .putInt(0, offset)
                .putInt(4, bytes.length)
                .put(VhostUserWire.CONFIG_HEADER_BYTES, bytes);
        return socket.acknowledged(VhostUserRequest.SET_CONFIG, request);
    }

    /** Capacity in sectors of 512 bytes, read from the device now. */
    public long capacity() throws LinuxException {
        return ByteBuffer.wrap(config(0, BlkConfig.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong(BlkConfig.CAPACITY);
    }

    /** Ends the connection, and frees everything. */
    @Override
    public void close() {
        socket.close();
        log.ifPresent(kept -> kept.descriptor().close());
        queues.forEach(queue -> queue.signals().close());
        queues.clear();
        memory.close();
    }
}
