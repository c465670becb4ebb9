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
     * @param asid the address space; 0 in API version 0
     */
    record UpdateIotlb(int id, long start, long last, int asid) implements VduseMessage {

        /** A change in the only address space of API version 0. */
        public UpdateIotlb(int id, long start, long last) {
            this(id, start, last, 0);
        }
    }

    /** A message that only devices get that were created with API version 1 or one of its features. */
    sealed interface Version1 extends VduseMessage {}

    /**
     * A group of virtqueues gets another address space.
     *
     * @param id number of the message
     * @param group the group
     * @param asid its address space from now on
     */
    record SetGroupAsid(int id, int group, int asid) implements Version1 {}

    /**
     * The driver enables or disables a virtqueue; only with VDUSE_F_QUEUE_READY. A refusal breaks the device.
     *
     * @param id number of the message
     * @param index the virtqueue
     * @param ready whether it is enabled
     */
    record SetQueueReady(int id, int index, boolean ready) implements Version1 {}

    /**
     * The device shall stop and keep its state until a reset; only with VDUSE_F_SUSPEND.
     *
     * @param id number of the message
     */
    record Suspend(int id) implements Version1 {}

    /**
     * A message of a type that this framework does not know.
     *
     * @param id number of the message
     * @param type its type
     */
    record Unknown(int id, int type) implements VduseMessage {}
}
