package io.vduse4j.virtio;

/** What a driver can do wrong with a queue, and how far the damage goes. One place maps these to actions. */
public enum Fault {
    /** The available index moved back or by more than the queue's size (VS-12). */
    AVAIL_INDEX_JUMP(Size.RING, "available index jumped"),
    /** The available ring names a descriptor outside of the table. */
    HEAD_OUT_OF_RANGE(Size.RING, "head outside of the descriptor table"),
    /** The available ring names a head whose chain is still in flight. */
    HEAD_IN_FLIGHT(Size.RING, "head made available while in flight"),
    /** More descriptors made available than a packed queue has, those in flight counted. */
    DESCRIPTORS_IN_FLIGHT(Size.RING, "descriptors made available while in flight"),
    /** Every descriptor of a packed queue says that the list goes on: where it ends cannot be known (VP-09). */
    LIST_ENDLESS(Size.RING, "list without an end"),
    /** A part of the ring lies in no region, or in one that does not grant what it needs, or begins outside of itself. */
    RING_UNMAPPED(Size.RING, "ring not mapped"),
    /** What was in flight when the last server of the ring died cannot be told (CR-02). */
    LOG_REFUSED(Size.RING, "log of what was in flight not usable"),
    /** The ring's memory vanished while it was used (J-01). */
    MEMORY_VANISHED(Size.RING, "memory vanished"),

    /** {@code next} points outside of the table. */
    NEXT_OUT_OF_RANGE(Size.CHAIN, "next outside of the descriptor table"),
    /** More descriptors than the queue has: a loop, or too long a chain (VS-03, VS-08). */
    CHAIN_TOO_LONG(Size.CHAIN, "more descriptors than the queue has"),
    /** More bytes than 2^32 (VS-08). */
    CHAIN_TOO_LARGE(Size.CHAIN, "more than 2^32 bytes"),
    /** An indirect table that was not negotiated (VS-09). */
    INDIRECT_NOT_NEGOTIATED(Size.CHAIN, "indirect table not negotiated"),
    /** An indirect table within an indirect table (VS-09). */
    INDIRECT_NESTED(Size.CHAIN, "nested indirect table"),
    /** INDIRECT and NEXT in one descriptor (VS-09). */
    INDIRECT_WITH_NEXT(Size.CHAIN, "indirect table with next"),
    /** A table of no entries, of a broken one, or of more than the queue's size (VS-09). */
    INDIRECT_LENGTH(Size.CHAIN, "bad length of an indirect table"),
    /** The table itself cannot be read. */
    INDIRECT_UNMAPPED(Size.CHAIN, "indirect table not mapped"),
    /** A buffer to read behind a buffer to write (VS-04). */
    READ_AFTER_WRITE(Size.CHAIN, "readable buffer behind a writable one"),

    /** Scattered over more mapped pieces than a request slot holds. */
    TOO_FRAGMENTED(Size.REQUEST, "too many pieces"),
    /** A buffer lies, in whole or in part, in no region (BUG-03). */
    BUFFER_UNMAPPED(Size.REQUEST, "buffer not mapped"),
    /** The region does not grant what the buffer needs (VS-05). */
    BUFFER_NOT_GRANTED(Size.REQUEST, "buffer not granted");

    /** How far the damage goes. */
    public enum Size {
        /** The request fails: its status byte says so if it can be reached. */
        REQUEST,
        /** The chain is given back with length 0. */
        CHAIN,
        /** The queue is broken until it is reset. */
        RING
    }

    private final Size size;
    private final String text;

    Fault(Size size, String text) {
        this.size = size;
        this.text = text;
    }

    /** How far the damage goes. */
    public Size size() {
        return size;
    }

    /** A few words for a log line. */
    public String text() {
        return text;
    }
}
