package io.vduse4j.nbd;

/** Where a request to an {@link NbdExport} ends. */
@FunctionalInterface
public interface NbdCompletion {

    /**
     * Ends the request, once, on any thread; the memory of the request is not the export's any more. Does not block.
     *
     * @param errno 0 on success, else the positive errno
     */
    void completed(int errno);
}
