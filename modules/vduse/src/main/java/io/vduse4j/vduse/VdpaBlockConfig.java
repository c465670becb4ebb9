package io.vduse4j.vduse;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The configuration of a block device on the vdpa bus. What the device does not offer is empty.
 *
 * @param capacity sectors of 512 bytes
 * @param blockSize bytes of a block
 * @param segMax most segments of a request
 * @param numQueues request queues
 * @param readOnly 1 for a read-only device
 * @param flush 1 for a device with a write cache, which takes flushes
 */
public record VdpaBlockConfig(
        OptionalLong capacity,
        OptionalInt blockSize,
        OptionalInt segMax,
        OptionalInt numQueues,
        OptionalInt readOnly,
        OptionalInt flush) {}
