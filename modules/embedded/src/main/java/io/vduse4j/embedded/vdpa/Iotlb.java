package io.vduse4j.embedded.vdpa;

import io.vduse4j.linux.Fd;
import java.util.List;

/**
 * What vhost-vdpa gives a device: mappings of the client's memory. Sorted by start, not overlapping.
 *
 * @param entries the mappings
 */
public record Iotlb(List<Entry> entries) {

    /**
     * One mapping.
     *
     * @param start first IOVA
     * @param last last IOVA, inclusive
     * @param perm {@code VDUSE_ACCESS_*}
     * @param file the client's memory; stays the caller's, whoever keeps it duplicates it
     * @param offset where in the file {@code start} is
     */
    public record Entry(long start, long last, int perm, Fd file, long offset) {}
}
