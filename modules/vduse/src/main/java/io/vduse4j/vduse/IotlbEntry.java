package io.vduse4j.vduse;

import io.vduse4j.linux.Fd;
import io.vduse4j.vduse.abi.VduseAbi;

/**
 * A region of IOVA that can be mapped. The borders are unsigned; a region of the bounce buffer is as large as the whole
 * buffer, and touching a page of it that no descriptor names raises a fault (kernel-behaviour 5.5).
 *
 * @param start first IOVA
 * @param last last IOVA
 * @param offset where in the file the region begins, in bytes
 * @param perm {@code VDUSE_ACCESS_*}; the descriptor itself does not enforce it
 * @param fd the file; whoever asked for the entry closes it
 */
public record IotlbEntry(long start, long last, long offset, int perm, Fd fd) {

    /** Whether the device may write into the region. */
    public boolean writable() {
        return (perm & VduseAbi.VDUSE_ACCESS_WO) != 0;
    }
}
