package io.vduse4j.virtio;

/**
 * What an in-flight log must be told, and when (reliability B3, B4): the queue calls it at the points whose order makes
 * recovery possible. Called on the queue's thread.
 */
public interface InFlight {

    /** No log is kept. */
    InFlight NONE = new InFlight() {
        @Override
        public void fetched(int slot, DescriptorList list) {}

        @Override
        public void completed(int slot) {}

        @Override
        public void published(int nextUsed) {}
    };

    /**
     * The chain of a slot of the queue was taken; it has had no effect yet.
     *
     * @param list its descriptors, if the ring is packed; valid during the call
     */
    void fetched(int slot, DescriptorList list);

    /**
     * The chain of a slot of the queue waits for an overlapping one (CR-04): it has had no effect until {@link #started}
     * is called for it. Called before it begins to wait. Most chains never wait, and then neither of the two is called.
     */
    default void heldBack(int slot) {}

    /** A chain that was held back is about to start. */
    default void started(int slot) {}

    /** A chain is done; the driver cannot see it before {@link #published}. */
    void completed(int slot);

    /** The driver is about to see all chains completed so far, in that order; at least one. */
    default void publishing() {}

    /** The driver can see all chains completed so far. */
    void published(int nextUsed);
}
