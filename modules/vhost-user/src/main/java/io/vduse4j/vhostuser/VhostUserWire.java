package io.vduse4j.vhostuser;

/** Sizes, offsets and flags of messages (vhost-user.rst, "Message Specification"); all numbers in native byte order. */
public final class VhostUserWire {

    /** Bytes of the header: u32 request, u32 flags, u32 size of the payload. */
    public static final int HEADER_BYTES = 12;

    /** Offset of the flags in the header. */
    public static final int FLAGS = 4;

    /** Offset of the size in the header. */
    public static final int SIZE = 8;

    /** Bits of the version in the flags. */
    public static final int VERSION_MASK = 3;

    /** The version. */
    public static final int VERSION = 1;

    /** Flag of a reply: bit 2. */
    public static final int REPLY = 1 << 2;

    /** Flag of a request that wants to know whether it succeeded: bit 3. */
    public static final int NEED_REPLY = 1 << 3;

    /** Bytes of a region of memory: u64 guest address, size, user address, offset in the file. */
    public static final int REGION_BYTES = 32;

    /** Most regions of SET_MEM_TABLE (vhost-user.rst: region0 to region7). */
    public static final int MAX_TABLE_REGIONS = 8;

    /** Bytes before the content of GET_CONFIG and SET_CONFIG: u32 offset, size, flags. */
    public static final int CONFIG_HEADER_BYTES = 12;

    /** Bytes of GET_INFLIGHT_FD and SET_INFLIGHT_FD: u64 size, u64 offset, u16 queues, u16 entries of each. */
    public static final int INFLIGHT_BYTES = 20;

    /** The same as QEMU and libvhost-user send it: their structure ends with padding. */
    public static final int PADDED_INFLIGHT_BYTES = 24;

    /** Most bytes of a configuration space: VHOST_USER_MAX_CONFIG_SIZE of QEMU and of rust-vmm. */
    public static final int MAX_CONFIG_BYTES = 256;

    /** Bit 8 of the payload of SET_VRING_KICK, CALL and ERR: no descriptor comes with it. */
    public static final long NO_DESCRIPTOR = 1 << 8;

    /** Longest payload that is read at all; a longer one ends the connection (VU-06). */
    public static final int MAX_PAYLOAD = 4096;

    /** VHOST_USER_BACKEND_CONFIG_CHANGE_MSG: request of the back end without payload. */
    public static final int BACKEND_CONFIG_CHANGE = 2;

    private VhostUserWire() {}
}
