package io.vduse4j.virtio;

/**
 * The device's side of a virtqueue, split or packed. All methods belong to the queue's worker. Nothing here allocates or
 * blocks.
 *
 * <p>Order of a batch: {@link #take} until it gives none, {@link #push} for each chain that is done, one
 * {@link #publish}, one {@link #wantsInterrupt}; {@link #enableKicks} before sleeping.
 */
public sealed interface Virtqueue permits SplitQueue, PackedQueue {

    /**
     * Makes a queue of the negotiated format that is not yet attached to its rings.
     *
     * @param index index of the queue on the device
     * @param size entries of the rings, as {@link SplitRing#isValidSize} or {@link PackedRing#isValidSize} wants it
     * @param features the negotiated features
     * @param start where to begin
     * @param source the driver's memory
     * @param inFlight told of each chain's steps
     * @param slots a slot for each entry, for this queue alone, their numbers in a row
     */
    static Virtqueue of(
            int index,
            int size,
            long features,
            VirtqueueState start,
            MemorySource source,
            InFlight inFlight,
            Chain[] slots) {
        return (features & VirtioFeatures.RING_PACKED) != 0
                ? new PackedQueue(index, size, features, start, source, inFlight, slots)
                : new SplitQueue(index, size, features, start, source, inFlight, slots);
    }

    /**
     * Finds the rings in the memory of now. Each part must lie in one region in whole, aligned as the specification wants
     * it (VS-01, VP-01). Can be repeated when the memory has changed; the queue goes on where it was.
     *
     * @param desc device address of the descriptor table or ring
     * @param driver device address of the driver's area
     * @param device device address of the device's area
     * @return whether the rings are there; if not, the queue is detached
     */
    boolean attach(long desc, long driver, long device);

    /** Forgets where the rings are; nothing is read or written until they are attached again. */
    void detach();

    /** Whether the rings are known. */
    boolean isAttached();

    /** Index of the queue on the device. */
    int index();

    /** Entries of the rings. */
    int size();

    /** Where the queue stands: what GET_VQ_STATE asks for once nothing is in flight. */
    VirtqueueState state();

    /**
     * Takes the next chain into its slot. A fault of the chain stands in it; it is in flight all the same and must be
     * pushed.
     *
     * @return the chain; or null if there is none, or if the ring is broken: {@link #fault} tells
     */
    Chain take();

    /**
     * Where the device's side stands in the ring: what the driver can see of a device that has died. What that device had
     * begun to show is shown to its end. The rings are attached.
     *
     * @param before for a packed queue: where it stood when a batch was given back last, as {@link VirtqueueState#used}
     * @param after for a packed queue: where it stands if the one after that was given back too
     * @param batch for a packed queue: the descriptors of each chain of that batch, in its order; their sum is at most the
     *     queue's size
     * @return split: the index in the ring, 0 to 65535; packed: one of the two
     */
    int usedPosition(int before, int after, int[] batch);

    /**
     * Goes on where a device that has died gave the last chain back. Before anything is taken; {@link #retake} follows
     * for each chain that it had taken and not given back.
     *
     * @param used as {@link VirtqueueState#used}
     */
    void resumeAt(int used);

    /**
     * Takes a chain again that was taken before the device died. It counts as the next chain in the ring: the order of
     * these calls is free. What the driver has changed since is checked as for {@link #take}; the log is not told.
     *
     * @param head split: the index of its first descriptor, less than the queue's size, and not in flight
     * @param list packed: its descriptors; together they are not more than the queue has
     * @return the chain, in flight
     */
    Chain retake(int head, DescriptorList list);

    /** Number of a chain's slot among those of this queue, as {@link InFlight} is told: 0 to the queue's size - 1. */
    int slotOf(Chain chain);

    /** Why the ring is broken, or null. Nothing is taken any more then. */
    Fault fault();

    /**
     * Gives a chain back. The driver sees it after {@link #publish}.
     *
     * @param chain the chain; its slot is free afterwards
     * @param written bytes written from the first writable byte on (VS-17)
     */
    void push(Chain chain, long written);

    /** Ends a chain that can not be given back any more, because its ring is gone. */
    void drop(Chain chain);

    /** Whether something was pushed and not published. */
    boolean hasUnpublished();

    /** Shows the driver everything that was pushed (VS-16, VP-06). */
    void publish();

    /** Whether the driver wants an interrupt for what was published since the last call. One full fence. */
    boolean wantsInterrupt();

    /**
     * Asks the driver for a kick at its next chain.
     *
     * @return whether chains are there already, or the ring is not as it may be, so that the worker must look again before
     *     it sleeps
     */
    boolean enableKicks();

    /** Tells the driver that kicks are not needed now. */
    void disableKicks();
}
