package io.vduse4j.embedded.iova;

import io.vduse4j.linux.Fd;

/**
 * A mapping that the daemon can ask for.
 *
 * @param start first IOVA
 * @param last last IOVA, inclusive
 * @param perm {@code VDUSE_ACCESS_*}
 * @param file where the memory is; belongs to whoever made the entry
 * @param offset where in the file {@code start} is
 */
public record MapEntry(long start, long last, int perm, Fd file, long offset) {

    boolean overlaps(long first, long end) {
        return Long.compareUnsigned(start, end) <= 0 && Long.compareUnsigned(last, first) >= 0;
    }
}
