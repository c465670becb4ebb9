package io.vduse4j.testkit.load;

import io.vduse4j.virtio.blk.BlkRequest;

/**
 * What a load asks of a disk.
 *
 * @param readPercent how many of a hundred requests read, the others write: 0 to 100
 * @param random whether each request goes anywhere, not behind the one before it
 * @param blockBytes bytes of each request, a multiple of 512, up to 1 MiB
 * @param depth requests that each queue has at once, 1 to 256
 * @param seed where the random numbers begin
 */
public record LoadShape(int readPercent, boolean random, int blockBytes, int depth, long seed) {

    /** Largest request in bytes. */
    public static final int MOST_BYTES = 1 << 20;

    /** Most requests of a queue at once: each has three descriptors, and a queue at most 1024. */
    public static final int MOST_DEPTH = 256;

    /** Refuses what is out of range. */
    public LoadShape {
        require(readPercent >= 0 && readPercent <= 100, "readPercent", readPercent);
        require(
                blockBytes > 0 && blockBytes <= MOST_BYTES && blockBytes % BlkRequest.SECTOR_BYTES == 0,
                "blockBytes",
                blockBytes);
        require(depth > 0 && depth <= MOST_DEPTH, "depth", depth);
    }

    private static void require(boolean holds, String name, int value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " = " + value);
        }
    }
}
