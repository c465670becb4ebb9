package io.vduse4j.block;

import java.util.Objects;

/**
 * What becomes of a completed write when the process that served it is killed (DU-11): the promise P1, which recovery
 * rests on. What a flush promises for the loss of power is {@link Limits#isVolatile}.
 *
 * @param afterKill what a successor finds
 * @param reason why that is so, or under which condition: part of a sentence, for messages and tables
 * @param blocks what the loss of power does to single blocks
 */
public record Durability(AfterKill afterKill, String reason, Blocks blocks) {

    /** What a successor of a killed process finds of a completed write. */
    public enum AfterKill {
        /** The write: it lies outside of the process (CR-05). */
        KEPT,
        /** Nothing: it lay in memory of the process. */
        LOST,
        /** Nothing, and neither did the predecessor: the backend stores nothing. */
        NEVER_STORED,
        /** Not known, which counts as lost. */
        UNKNOWN
    }

    /** What the loss of power does to a block of {@link Limits#physicalBlockSize} that was being written (DU-07). */
    public enum Blocks {
        /** It holds what one request wrote, as far as what is below keeps such blocks whole. */
        WHOLE,
        /**
         * It may be a mixture of two requests, also of one that was flushed: the page cache writes a page back while it is
         * changed.
         */
        TORN_IF_WRITTEN_AGAIN,
        /** Not known. */
        UNKNOWN
    }

    /** For a backend whose maker does not say. */
    public static final Durability UNKNOWN = new Durability(
            AfterKill.UNKNOWN, "the maker of this backend does not say whether writes outlive a process");

    /** Checks that nothing is missing. */
    public Durability {
        Objects.requireNonNull(afterKill);
        Objects.requireNonNull(reason);
        Objects.requireNonNull(blocks);
    }

    /** Of a backend of which nothing is known about single blocks. */
    public Durability(AfterKill afterKill, String reason) {
        this(afterKill, reason, Blocks.UNKNOWN);
    }

    /**
     * Tells whether a successor sees the volume as the predecessor left it. Without that, an acknowledged write would
     * vanish under a driver that never hears of it, so recovery must be refused (P1, CR-05).
     */
    public boolean survivesProcess() {
        return afterKill == AfterKill.KEPT || afterKill == AfterKill.NEVER_STORED;
    }
}
