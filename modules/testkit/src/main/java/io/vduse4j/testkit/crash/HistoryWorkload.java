package io.vduse4j.testkit.crash;

import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkResult;
import io.vduse4j.virtio.blk.BlkRequest;
import java.util.IdentityHashMap;
import java.util.SplittableRandom;

/**
 * Random requests on the blocks of a {@link BlockHistory}, which learns of each before it is submitted and when it has
 * ended. Any number may be under way, on any queues, and they may overlap. One thread at a time.
 */
public final class HistoryWorkload {
    private final BlockHistory history;
    private final int mostBlocks;
    private final boolean flushes;
    private final SplittableRandom random;
    private final IdentityHashMap<BlkCommand, Long> underWay = new IdentityHashMap<>();

    /**
     * Makes one.
     *
     * @param history of the blocks
     * @param mostBlocks longest request
     * @param flushes whether the driver has accepted FLUSH
     * @param random the source
     */
    public HistoryWorkload(BlockHistory history, int mostBlocks, boolean flushes, SplittableRandom random) {
        this.history = history;
        this.mostBlocks = mostBlocks;
        this.flushes = flushes;
        this.random = random;
    }

    /** Makes a request, which counts as submitted from now on; one that could not be is told by {@link #refused}. */
    public BlkCommand next() {
        int choice = random.nextInt(10);
        if (choice < 2 && flushes) {
            var flush = BlkCommand.flush();
            underWay.put(flush, history.flushSubmitted());
            return flush;
        }
        var kind = choice == 2
                ? BlockHistory.Kind.ZEROES
                : choice == 3 ? BlockHistory.Kind.DISCARD : BlockHistory.Kind.WRITE;
        return make(kind);
    }

    private BlkCommand make(BlockHistory.Kind kind) {
        int count = 1 + random.nextInt(mostBlocks);
        long block = history.first() + random.nextInt(history.blocks() - count + 1);
        int sectors = history.blockBytes() / BlkRequest.SECTOR_BYTES;
        long sequence = history.submitted(kind, block, count);
        var command = switch (kind) {
            case WRITE -> BlkCommand.write(block * sectors, history.data(sequence, block, count));
            case ZEROES -> BlkCommand.writeZeroes(block * sectors, count * sectors, random.nextBoolean());
            case DISCARD -> BlkCommand.discard(block * sectors, count * sectors);
        };
        underWay.put(command, sequence);
        return command;
    }

    /** Takes in an answer. */
    public void ended(BlkResult result) {
        Long sequence = underWay.remove(result.command());
        if (sequence == null) {
            throw new IllegalStateException(result + " was not asked for, or was answered before");
        }
        history.ended(sequence, result.status() == BlkRequest.S_OK);
    }

    /** A request could not be submitted: it may never have happened. */
    public void refused(BlkCommand command) {
        history.ended(underWay.remove(command), false);
    }

    /** How many requests are under way. */
    public int underWay() {
        return underWay.size();
    }
}
