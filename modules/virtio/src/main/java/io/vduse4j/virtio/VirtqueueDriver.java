package io.vduse4j.virtio;

import java.lang.foreign.MemorySegment;

/**
 * The driver's side of a virtqueue, split or packed. All methods belong to one thread at a time. Nothing here allocates,
 * blocks or calls the system.
 *
 * <p>Order of a batch: {@link #add} for each chain, one {@link #publish}, one {@link #needsKick}; then {@link #poll}
 * until {@link #NOTHING}, and {@link #enableInterrupts} before sleeping.
 *
 * <p>The device is not trusted: what is free and what is outstanding is kept in this object and never read back from the
 * shared memory. A device that gives back what it does not have breaks the queue ({@link #BROKEN}); only a new object
 * helps then.
 */
public sealed interface VirtqueueDriver permits SplitDriver, PackedDriver {

    /** Result of {@link #poll}: the device has given nothing back. */
    int NOTHING = -1;

    /** Result of {@link #poll}: the device has broken the rules; {@link #brokenBecause} says how. */
    int BROKEN = -2;

    /** Result of {@link #add}: not enough descriptors are free. */
    int FULL = -1;

    /**
     * Makes an empty queue of the negotiated format; its three parts are prepared.
     *
     * @param space the memory whose offsets are the host addresses
     * @param rings where the parts lie
     * @param features the negotiated features
     * @param start where to begin; the device must start there too
     */
    static VirtqueueDriver of(MemorySegment space, RingAddresses rings, long features, VirtqueueState start) {
        return (features & VirtioFeatures.RING_PACKED) != 0
                ? new PackedDriver(space, rings, features, start)
                : new SplitDriver(space, rings, features, start);
    }

    /** Where the parts of the queue lie. */
    RingAddresses rings();

    /** Descriptors that no chain holds. */
    int freeDescriptors();

    /** Chains that were added and have not come back. */
    int outstanding();

    /** Behind the last chain that was polled: where a device that is started again goes on. */
    VirtqueueState state();

    /**
     * Adds a chain with a descriptor for each buffer. The device sees it after {@link #publish}.
     *
     * @param buffers at least one and at most as many as the queue has entries
     * @return 0 to size-1, which names the chain until {@link #poll} returns it; or {@link #FULL}
     */
    default int add(ChainBuffers buffers) {
        return add(buffers, buffers.count(), 0, 0);
    }

    /**
     * Adds a chain whose last buffers stand in an indirect table (VS-11). The table is the device's until the chain comes
     * back.
     *
     * @param buffers at least one and at most as many as the queue has entries
     * @param direct how many of them get a descriptor of the queue, the others stand in the table; in a packed queue all
     *     or none (VP-10)
     * @param tableHost host address of the table, a multiple of 8; {@link SplitRing#descBytes} of the others
     * @param table device address of the table
     * @return what names the chain, or {@link #FULL}
     * @throws IllegalStateException if others remain and indirect tables were not negotiated (VS-09, VP-10)
     */
    int add(ChainBuffers buffers, int direct, long tableHost, long table);

    /**
     * Adds a chain all of whose buffers stand in an indirect table that {@link ChainBuffers#writeTable} has written
     * already: for a driver whose table gets its device address only when it is copied into a bounce buffer.
     *
     * @param buffers at least one and at most as many as the queue has entries
     * @param table device address of the table
     * @return what names the chain, or {@link #FULL}
     * @throws IllegalStateException if indirect tables were not negotiated (VS-09, VP-10)
     */
    int addTable(ChainBuffers buffers, long table);

    /** Shows the device everything that was added (VS-20, VP-07). */
    void publish();

    /** Whether the device wants a kick for what was published since the last call. One full fence (VS-20, VP-15). */
    boolean needsKick();

    /**
     * Takes the next chain that the device has given back.
     *
     * @return what named it, now free; {@link #NOTHING}; or {@link #BROKEN}
     */
    int poll();

    /** Bytes that the device says it has written to the chain polled last. */
    long usedLength();

    /** Whether the device has broken the rules. */
    default boolean isBroken() {
        return !brokenBecause().isEmpty();
    }

    /** What the device did, or an empty string. */
    String brokenBecause();

    /**
     * Asks for an interrupt for the next chain that comes back.
     *
     * @return whether chains have come back already, so that the caller must poll again before it sleeps
     */
    default boolean enableInterrupts() {
        return enableInterruptsAfter(1);
    }

    /**
     * Asks for an interrupt when several chains have come back; without EVENT_IDX, for the next one. A packed queue counts
     * descriptors: the interrupt may come earlier, never later.
     *
     * @param chains from 1 to the size of the queue
     * @return whether that many (without EVENT_IDX or in a packed queue: any) have come back already
     */
    boolean enableInterruptsAfter(int chains);

    /** Asks for no interrupts; some may come all the same (VS-15). */
    void disableInterrupts();
}
