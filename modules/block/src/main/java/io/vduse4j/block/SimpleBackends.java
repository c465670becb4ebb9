package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;

/** Makes a {@link Backend} of a {@link SimpleBackend}. */
public final class SimpleBackends {
    private SimpleBackends() {}

    /**
     * Runs a backend in blocking style on threads of its own, with private buffers in place of the driver's memory.
     *
     * @param backend the storage; belongs to the result and is closed with it
     * @param name what a person calls it; begins the names of the threads
     * @param threads requests that run at once, at least 1
     * @param budget pays for the buffers, up to 8 MiB a channel
     * @throws LinuxException EINVAL if the size is 0, negative or not a multiple of 512
     */
    public static Backend adapt(SimpleBackend backend, String name, int threads, MemoryBudget budget)
            throws LinuxException {
        long size = backend.size();
        if (size <= 0 || size % SimpleAdapter.BLOCK_SIZE != 0) {
            throw new LinuxException("open", name, Errno.EINVAL, "a size of " + size + ": not a multiple of 512");
        }
        return CopyingBackend.always(new SimpleAdapter(backend, size, name, threads), budget);
    }
}
