package io.vduse4j.vhostuser;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.WritableConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Does what the requests of one connection say; framing and descriptor counts are right. Belongs to the control thread. */
final class BackEnd implements AutoCloseable {

    /** Bit of SET_CONFIG's flags: written for a live migration (vhost-user.rst, "Virtio device config space"). */
    private static final int MIGRATION = 1;

    private static final int STATUS_BITS = 0xff;

    private final VirtioDevice device;
    private final VhostUserOptions options;
    private final MemoryTable table;
    private final RingService service;
    private final RingRequests rings;
    private final BiConsumer<Reply, Optional<String>> later;
    private Optional<BackEndChannel> channel = Optional.empty();
    private long features;
    private long protocolFeatures;
    private int status;
    private boolean changeUntold;

    /**
     * Has been told nothing yet.
     *
     * @param later takes, on any thread, a reply that may be given now: with success, or with why the request is refused
     */
    BackEnd(
            VirtioDevice device,
            VhostUserOptions options,
            MemoryTable table,
            RingService service,
            Ring[] rings,
            Calls calls,
            BiConsumer<Reply, Optional<String>> later) {
        this.later = later;
        this.device = device;
        this.options = options;
        this.table = table;
        this.service = service;
        this.rings = new RingRequests(device, table, service, rings, calls);
    }

    RingRequests rings() {
        return rings;
    }

    boolean acknowledges() {
        return (protocolFeatures & VhostUserFeatures.REPLY_ACK) != 0;
    }

    /**
     * Does a request.
     *
     * @param reply is given now, or when it is done
     * @throws RefusedException if it is not done
     * @throws LinuxException if the reply cannot be sent
     */
    void handle(VhostUserRequest request, Message message, Reply reply) throws RefusedException, LinuxException {
        if ((protocolFeatures & request.needs()) != request.needs()) {
            throw new RefusedException("its protocol feature was not negotiated");
        }
        ByteBuffer payload = message.payload();
        switch (request) {
            case GET_FEATURES -> reply.number(Negotiation.offered(device, options));
            case SET_FEATURES -> setFeatures(payload.getLong(), reply);
            case GET_PROTOCOL_FEATURES -> reply.number(VhostUserFeatures.OFFERED);
            case SET_PROTOCOL_FEATURES -> setProtocolFeatures(payload.getLong(), reply);
            case SET_OWNER, RESET_OWNER -> reply.done();
            case GET_QUEUE_NUM -> reply.number(device.queues());
            case GET_CONFIG -> getConfig(payload, reply);
            case SET_CONFIG -> setConfig(payload, reply);
            case SET_STATUS -> setStatus(payload.getLong(), reply);
            case GET_STATUS -> reply.number(status);
            case RESET_DEVICE -> reset(reply);
            case SET_BACKEND_REQ_FD -> setChannel(message, reply);
            case GET_MAX_MEM_SLOTS -> reply.number(MemoryTable.MAX_SLOTS);
            case SET_MEM_TABLE -> setMemory(message, reply);
            case ADD_MEM_REG -> addMemory(message, reply);
            case GET_INFLIGHT_FD -> makeLog(payload, reply);
            case SET_INFLIGHT_FD -> takeLog(message, reply);
            case REM_MEM_REG -> removeMemory(payload, reply);
            case GET_VRING_BASE -> rings.getBase(payload, features, reply);
            case SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, SET_VRING_ENABLE -> {
                rings.set(request, payload, features);
                reply.done();
            }
            case SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR -> {
                rings.setDescriptor(request, message, features);
                reply.done();
            }
        }
        tellChange();
    }

    private void setFeatures(long accepted, Reply reply) throws RefusedException, LinuxException {
        if (!Negotiation.accepts(device, options, accepted)) {
            throw new RefusedException("features 0x%x are not acceptable; offered are 0x%x, and VERSION_1 is needed"
                    .formatted(accepted, Negotiation.offered(device, options)));
        }
        if (accepted != features && rings.anyServed()) {
            throw new RefusedException("the features cannot change while a ring runs");
        }
        features = accepted;
        if ((accepted & VhostUserFeatures.PROTOCOL_FEATURES) == 0) {
            rings.enableAll(features); // VU-02
        }
        reply.done();
    }

    private void setProtocolFeatures(long accepted, Reply reply) throws RefusedException, LinuxException {
        if ((accepted & ~VhostUserFeatures.OFFERED) != 0) {
            throw new RefusedException(
                    "protocol features 0x%x are not a subset of 0x%x".formatted(accepted, VhostUserFeatures.OFFERED));
        }
        protocolFeatures = accepted;
        reply.done();
    }

    private void getConfig(ByteBuffer payload, Reply reply) throws RefusedException, LinuxException {
        ConfigPart part = ConfigPart.read(payload);
        byte[] config = config();
        ByteBuffer answer = payload.duplicate().order(payload.order());
        for (int i = 0; i < part.size(); i++) { // what the device does not have is zero (VB-03)
            int at = part.offset() + i;
            answer.put(VhostUserWire.CONFIG_HEADER_BYTES + i, at < config.length ? config[at] : 0);
        }
        reply.payload(answer.clear());
    }

    private byte[] config() {
        long accepted = features & ~VhostUserFeatures.PROTOCOL_FEATURES;
        return device.writableConfig().map(space -> space.read(accepted)).orElseGet(device::config);
    }

    /** A driver writes what the device lets it write; for a migration what is written must be what is there (VU-05). */
    private void setConfig(ByteBuffer payload, Reply reply) throws RefusedException, LinuxException {
        ConfigPart part = ConfigPart.read(payload);
        byte[] bytes = new byte[part.size()];
        payload.get(VhostUserWire.CONFIG_HEADER_BYTES, bytes);
        if (part.flags() == 0) {
            WritableConfig space = device.writableConfig()
                    .orElseThrow(() -> new RefusedException("the configuration space cannot be written: " + part));
            long accepted = features & ~VhostUserFeatures.PROTOCOL_FEATURES;
            space.write(accepted, part.offset(), bytes, problem -> later.accept(reply, problem));
            return;
        }
        byte[] config = Arrays.copyOf(config(), VhostUserWire.MAX_CONFIG_BYTES);
        boolean same = Arrays.equals(bytes, Arrays.copyOfRange(config, part.offset(), part.offset() + part.size()));
        if (part.flags() != MIGRATION || !same) {
            throw new RefusedException("a migration does not change the configuration space: " + part);
        }
        reply.done();
    }

    private void setStatus(long wanted, Reply reply) throws RefusedException, LinuxException {
        if ((wanted & ~STATUS_BITS) != 0) {
            throw new RefusedException("not a status: 0x" + Long.toHexString(wanted));
        }
        if (wanted == 0) {
            reset(reply);
            return;
        }
        status |= (int) wanted; // only a reset clears bits (VD-20)
        reply.done();
    }

    /** Keeps the ownership and the memory (VU-11). */
    private void reset(Reply reply) {
        rings.reset(features, () -> {
            status = 0;
            features = 0;
            giveQuietly(reply);
        });
    }

    private void setChannel(Message message, Reply reply) throws RefusedException, LinuxException {
        BackEndChannel next;
        try {
            next = new BackEndChannel(UnixSocket.adopt(message.take()));
        } catch (LinuxException e) {
            throw new RefusedException("requests of ours cannot be sent there", e);
        }
        channel.ifPresent(BackEndChannel::close);
        channel = Optional.of(next);
        reply.done();
    }

    private void setMemory(Message message, Reply reply) throws RefusedException {
        ByteBuffer payload = message.payload();
        int count = payload.getInt();
        payload.getInt(); // padding
        List<MemoryTable.Passed> regions = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                regions.add(new MemoryTable.Passed(MemorySlot.read(payload), message.take()));
            }
            pass(table.replace(regions), reply);
        } finally {
            regions.forEach(region -> region.file().close()); // a mapping keeps the file
        }
    }

    private void makeLog(ByteBuffer payload, Reply reply) throws RefusedException, LinuxException {
        try (Fd file = SharedLog.make(payload, device.queues(), device.maxQueueSize())) {
            reply.payload(payload.duplicate().clear(), file);
        }
    }

    private void takeLog(Message message, Reply reply) throws RefusedException, LinuxException {
        if (rings.anyServed()) {
            throw new RefusedException("the log cannot change while a ring runs");
        }
        boolean packed = (features & VirtioFeatures.RING_PACKED) != 0;
        try (Fd file = message.take()) {
            service.keepLog(SharedLog.take(message.payload(), file, device.queues(), device.maxQueueSize(), packed));
        }
        reply.done();
    }

    private void addMemory(Message message, Reply reply) throws RefusedException {
        message.payload().getLong(); // padding
        MemorySlot slot = MemorySlot.read(message.payload());
        try (var file = message.take()) {
            table.add(new MemoryTable.Passed(slot, file));
        }
        pass(List.of(), reply);
    }

    private void removeMemory(ByteBuffer payload, Reply reply) throws RefusedException {
        payload.getLong(); // padding
        pass(table.remove(MemorySlot.read(payload)), reply);
    }

    /** The front end may do with the old memory what it likes once nothing of it is in flight: that is the reply. */
    private void pass(List<Mapping> old, Reply reply) {
        service.passTo(() -> {
            table.passed(old);
            giveQuietly(reply);
        });
    }

    /** The connection may have ended meanwhile: then nobody waits for it. */
    private static void giveQuietly(Reply reply) {
        try {
            reply.done();
        } catch (LinuxException e) {
            reply.nothing(); // the poll finds the end of the connection
        }
    }

    /** The configuration space has changed. */
    void configChanged() {
        changeUntold = true;
        tellChange();
    }

    /** A device whose rings are all stopped sends nothing (vhost-user.rst, "Suspended device state"). */
    void tellChange() {
        if (!changeUntold || channel.isEmpty() || !rings.anyServed()) {
            return;
        }
        changeUntold = false;
        try {
            channel.get().configChanged();
        } catch (LinuxException e) {
            channel.get().close();
            channel = Optional.empty();
        }
    }

    /** A ring has failed: the driver is told that only a reset helps (VD-02, VD-03). */
    void ringFailed(int ring) {
        rings.failed(ring);
        status |= DeviceStatus.NEEDS_RESET;
        configChanged();
    }

    /** The first kick of a ring has come. */
    void kicked(int ring) {
        rings.kicked(ring, features);
        tellChange();
    }

    /** Closes the descriptors; the rings have been stopped. */
    @Override
    public void close() {
        channel.ifPresent(BackEndChannel::close);
        channel = Optional.empty();
        rings.close();
    }
}
