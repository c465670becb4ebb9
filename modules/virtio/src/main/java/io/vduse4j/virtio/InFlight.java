package io.vduse4j.virtio;

/**
 * What an in-flight log must be told, and when (reliability B3): the queue calls it at the points whose order makes
 * recovery possible. Called on the queue's thread.
 */
public interface InFlight {

    /** No log is kept. */
    InFlight NONE = new InFlight() {
        @Override
        public void fetched(int slot) {}

        @Override
        public void completed(int slot) {}

        @Override
        public void published(int nextUsed) {}
    };

    /** The chain of a slot of the queue was taken; it has had no effect yet. */
    void fetched(int slot);

    /** A chain is done and its used element is about to be written; the driver cannot see it yet. */
    void completed(int slot);

    /** The driver can see all chains completed so far. */
    void published(int nextUsed);
}
