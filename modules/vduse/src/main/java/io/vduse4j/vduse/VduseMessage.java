package io.vduse4j.vduse;

/**
 * A message of the kernel. Each is owed exactly one reply with its {@link #id}; replies may come late, in any order and
 * from any thread (kernel-behaviour 3.4), but a message that is not answered within {@code msg_timeout} breaks the device
 * for good.
 */
public sealed interface VduseMessage {

    /** The number that the reply repeats: 0 for the first message of a device, then one more each, wrapping at 2^32. */
    int id();

    /**
     * The state of a virtqueue is asked for.
     *
     * @param id number of the message
     * @param index the virtqueue, as the kernel sent it
     */
    record GetQueueState(int id, int index) implements VduseMessage {}

    /**
     * The driver sets the device status.
     *
     * @param id number of the message
     * @param status the whole status, 0 to 255; 0 is a reset
     */
    record SetStatus(int id, int status) implements VduseMessage {}

    /**
     * Mappings have changed: those of the range are gone, new ones can be asked for.
     *
     * @param id number of the message
     * @param start first IOVA, unsigned
     * @param last last IOVA, unsigned
     */
    record UpdateIotlb(int id, long start, long last) implements VduseMessage {}

    /**
     * A message of a type that API version 0 does not have.
     *
     * @param id number of the message
     * @param type its type
     */
    record Unknown(int id, int type) implements VduseMessage {}
}
