package io.vduse4j.virtio;

/**
 * Asked before a request is submitted whether it may start: with recovery by repetition, a request that overlaps an
 * earlier unfinished one has to wait (CR-04). Called on the worker's thread.
 */
public interface Ordering {

    /** Every request may start at once. */
    Ordering NONE = new Ordering() {
        @Override
        public boolean mayStart(int slot, long offset, long length, boolean writes) {
            return true;
        }

        @Override
        public void finished(int slot) {}
    };

    /**
     * Whether the request may start now. One that may not is kept by the ordering and given to
     * {@link QueueHandler#resume} later.
     *
     * @param slot its number
     * @param offset first byte that it touches on the device
     * @param length bytes that it touches
     * @param writes whether it changes them
     */
    boolean mayStart(int slot, long offset, long length, boolean writes);

    /** The request with this number is done. */
    void finished(int slot);
}
