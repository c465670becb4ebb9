package io.vduse4j.testkit.conformance;

import io.vduse4j.testkit.VhostNode;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A host under test, and the few things that a case needs of it besides {@link VduseHost}. Its bus driver for new devices
 * is {@code virtio_vdpa} with a block driver; {@code vhost_vdpa} is the other one. Used by several threads.
 */
public interface ConformanceTarget extends AutoCloseable {
    /** The host; closed with this object. */
    VduseHost host();

    /** Highest API version that it speaks: 0 before Linux 7.0, then 1. */
    long apiVersion();

    /** Most queues that its block driver uses: the processors. */
    int cpus();

    /**
     * Opens the vhost side of a device that {@code vhost_vdpa} has.
     *
     * @param device name of the device
     * @throws IOException a {@link io.vduse4j.linux.LinuxException} with the errno of open(2)
     */
    VhostNode openVhost(String device) throws IOException;

    /**
     * Makes the block driver read without any cache, and waits for the data.
     *
     * @param device name of the device
     * @param offset first byte of the disk, a multiple of 4096
     * @param into native memory at a multiple of 4096, of a multiple of 4096 bytes
     * @throws IOException a {@link io.vduse4j.linux.LinuxException} with what the driver says
     */
    void readDisk(String device, long offset, MemorySegment into) throws IOException;

    @Override
    void close();
}
