package io.vduse4j.vhostuser;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The requests of a front end that this back end answers (vhost-user.rst, "Front-end message types"). */
public enum VhostUserRequest {
    /** Asks for the virtio features: u64. */
    GET_FEATURES(1, 0, 0, 0, Descriptors.NONE, true),
    /** Accepts virtio features: u64. */
    SET_FEATURES(2, 8),
    /** The front end owns the session. */
    SET_OWNER(3, 0),
    /** Deprecated; the document recommends to ignore it. */
    RESET_OWNER(4, 0),
    /** Replaces the memory table: number of regions, padding, regions; a descriptor for each. */
    SET_MEM_TABLE(5, 8, 8 + VhostUserWire.MAX_TABLE_REGIONS * VhostUserWire.REGION_BYTES, 0, Descriptors.EACH, false),
    /** Entries of a ring: state. */
    SET_VRING_NUM(8, 8),
    /** User addresses of the parts of a ring: 40 bytes. */
    SET_VRING_ADDR(9, 40),
    /** Where a ring begins: state. */
    SET_VRING_BASE(10, 8),
    /** Stops a ring and asks where it stands: state. */
    GET_VRING_BASE(11, 8, 8, 0, Descriptors.NONE, true),
    /** Where kicks arrive: u64, and a descriptor unless bit 8 is set. */
    SET_VRING_KICK(12, 8, 8, 0, Descriptors.BY_FLAG, false),
    /** Where interrupts go: as SET_VRING_KICK. */
    SET_VRING_CALL(13, 8, 8, 0, Descriptors.BY_FLAG, false),
    /** Where errors of a ring are told: as SET_VRING_KICK. */
    SET_VRING_ERR(14, 8, 8, 0, Descriptors.BY_FLAG, false),
    /** Asks for the protocol features: u64. */
    GET_PROTOCOL_FEATURES(15, 0, 0, 0, Descriptors.NONE, true),
    /** Accepts protocol features: u64. */
    SET_PROTOCOL_FEATURES(16, 8),
    /** Asks for the number of queues: u64. */
    GET_QUEUE_NUM(17, 0, 0, VhostUserFeatures.MQ, Descriptors.NONE, true),
    /** Enables a ring, or disables it: state. */
    SET_VRING_ENABLE(18, 8),
    /** Passes the socket for requests of the back end. */
    SET_BACKEND_REQ_FD(21, 0, 0, VhostUserFeatures.BACKEND_REQ, Descriptors.ONE, false),
    /** Reads the configuration space: offset, size, flags, and as many bytes as size says. */
    GET_CONFIG(
            24,
            VhostUserWire.CONFIG_HEADER_BYTES,
            VhostUserWire.CONFIG_HEADER_BYTES + VhostUserWire.MAX_CONFIG_BYTES,
            VhostUserFeatures.CONFIG,
            Descriptors.NONE,
            true),
    /** Writes the configuration space: as GET_CONFIG. */
    SET_CONFIG(
            25,
            VhostUserWire.CONFIG_HEADER_BYTES,
            VhostUserWire.CONFIG_HEADER_BYTES + VhostUserWire.MAX_CONFIG_BYTES,
            VhostUserFeatures.CONFIG,
            Descriptors.NONE,
            false),
    /** Asks for memory for the log of what is in flight: inflight. */
    GET_INFLIGHT_FD(
            31,
            VhostUserWire.INFLIGHT_BYTES,
            VhostUserWire.PADDED_INFLIGHT_BYTES,
            VhostUserFeatures.INFLIGHT_SHMFD,
            Descriptors.NONE,
            true),
    /** Passes the memory of the log that an earlier back end has kept, or that was asked for: inflight. */
    SET_INFLIGHT_FD(
            32,
            VhostUserWire.INFLIGHT_BYTES,
            VhostUserWire.PADDED_INFLIGHT_BYTES,
            VhostUserFeatures.INFLIGHT_SHMFD,
            Descriptors.ONE,
            false),
    /** Resets the device. */
    RESET_DEVICE(34, 0, 0, VhostUserFeatures.RESET_DEVICE, Descriptors.NONE, false),
    /** Asks for the most regions: u64. */
    GET_MAX_MEM_SLOTS(36, 0, 0, VhostUserFeatures.CONFIGURE_MEM_SLOTS, Descriptors.NONE, true),
    /** Adds a region: padding, region; one descriptor. */
    ADD_MEM_REG(
            37,
            8 + VhostUserWire.REGION_BYTES,
            8 + VhostUserWire.REGION_BYTES,
            VhostUserFeatures.CONFIGURE_MEM_SLOTS,
            Descriptors.ONE,
            false),
    /** Removes a region: as ADD_MEM_REG; a descriptor that should not be there is closed (VU-10). */
    REM_MEM_REG(
            38,
            8 + VhostUserWire.REGION_BYTES,
            8 + VhostUserWire.REGION_BYTES,
            VhostUserFeatures.CONFIGURE_MEM_SLOTS,
            Descriptors.IGNORED,
            false),
    /** Tells the device status: u64. */
    SET_STATUS(39, 8, 8, VhostUserFeatures.STATUS, Descriptors.NONE, false),
    /** Asks for the device status: u64. */
    GET_STATUS(40, 0, 0, VhostUserFeatures.STATUS, Descriptors.NONE, true);

    /** How many descriptors come with a request. */
    enum Descriptors {
        NONE,
        ONE,
        /** One, or none if bit 8 of the payload is set. */
        BY_FLAG,
        /** One for each region. */
        EACH,
        /** One may come, and is closed. */
        IGNORED
    }

    private static final Map<Integer, VhostUserRequest> BY_ID =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(VhostUserRequest::id, Function.identity()));

    private final int id;
    private final int least;
    private final int most;
    private final long needs;
    private final Descriptors descriptors;
    private final boolean answers;

    VhostUserRequest(int id, int bytes) {
        this(id, bytes, bytes, 0, Descriptors.NONE, false);
    }

    VhostUserRequest(int id, int least, int most, long needs, Descriptors descriptors, boolean answers) {
        this.id = id;
        this.least = least;
        this.most = most;
        this.needs = needs;
        this.descriptors = descriptors;
        this.answers = answers;
    }

    /** Number in the header. */
    public int id() {
        return id;
    }

    /** Whether it always has a reply, also without REPLY_ACK. */
    public boolean answers() {
        return answers;
    }

    /** The protocol feature without which it must not be sent; 0 if there is none. */
    public long needs() {
        return needs;
    }

    /** Fewest bytes of its payload. */
    int least() {
        return least;
    }

    /** Most bytes of its payload. */
    int most() {
        return most;
    }

    Descriptors descriptors() {
        return descriptors;
    }

    /** The request with this number, if we know it. */
    static Optional<VhostUserRequest> of(int id) {
        return Optional.ofNullable(BY_ID.get(id));
    }
}
