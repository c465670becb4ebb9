package io.vduse4j.vduse.host.remote;

/** The numbers of the wire format that {@code docs/kernel-protocol.md} describes. All are little-endian. */
final class Protocol {
    private Protocol() {}

    /** First field of the greeting: the characters {@code VDUK}. */
    static final int MAGIC = 0x4b55_4456;

    /** The only version so far. */
    static final int VERSION = 1;

    /** Bytes before the body of each frame. */
    static final int HEADER_SIZE = 16;

    /** u32: bytes of the frame, header included. */
    static final int LENGTH = 0;

    /** u16: what is asked, repeated in the answer; an {@link Op}. */
    static final int OP = 4;

    /** u16: descriptors that came with the first byte, 0 or 1. */
    static final int DESCRIPTORS = 6;

    /** u32: chosen by the client, repeated in the answer. */
    static final int ID = 8;

    /** s32: the node in a request, the result or a negative errno in an answer. */
    static final int VALUE = 12;

    /** Longest request: the largest argument of an ioctl is 336 bytes and a page, which has 64 KiB at most. */
    static final int MAX_REQUEST = 128 << 10;

    /** Longest answer: that of a netlink dump. */
    static final int MAX_ANSWER = 1 << 20;

    /** Longest argument of an ioctl that is sent; what is behind it, no kernel reads (kernel-behaviour 2.2). */
    static final int MAX_ARGUMENT = 66 << 10;

    /** Most bytes of a read or a write that are passed on; a message has 152 (kernel-behaviour 1.3). */
    static final int MAX_MESSAGE = 4096;

    /** Longest string in bytes: an attribute of sysfs has a page at most. */
    static final int MAX_STRING = 4096;

    /** Longest wait for a netlink answer that a server takes on: 10 minutes. */
    static final long MAX_VDPA_MILLIS = 600_000;

    /** In place of a descriptor that is not open at the client: no process can have this number. */
    static final int NO_DESCRIPTOR = Integer.MAX_VALUE;
}
