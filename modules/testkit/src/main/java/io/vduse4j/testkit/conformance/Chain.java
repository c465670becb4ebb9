package io.vduse4j.testkit.conformance;

import java.util.List;

/**
 * A request of the driver, as its descriptors say.
 *
 * @param head index of the first descriptor
 * @param buffers its buffers, in order
 */
record Chain(int head, List<Buffer> buffers) {
    /**
     * One buffer.
     *
     * @param iova its address for the device
     * @param host its address in this process
     * @param length bytes
     * @param writable whether the device is to write it
     */
    record Buffer(long iova, long host, int length, boolean writable) {}

    /** The buffer at the end, of one byte, for the status of a block request. */
    Buffer status() {
        return buffers.getLast();
    }

    /** The buffers between header and status. */
    List<Buffer> data() {
        return buffers.subList(1, buffers.size() - 1);
    }
}
