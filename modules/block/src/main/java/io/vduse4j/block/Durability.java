package io.vduse4j.block;

import java.util.Objects;

/**
 * What becomes of a completed write when the process that served it is killed (DU-11): the promise P1, which recovery
 * rests on. What a flush promises for the loss of power is {@link Limits#isVolatile}.
 *
 * @param afterKill what a successor finds
 * @param reason why that is so, or under which condition: part of a sentence, for messages and tables
 */
public record Durability(AfterKill afterKill, String reason) {

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

    /** For a backend whose maker does not say. */
    public static final Durability UNKNOWN = new Durability(
            AfterKill.UNKNOWN, "the maker of this backend does not say whether writes outlive a process");

    /** Checks that nothing is missing. */
    public Durability {
        Objects.requireNonNull(afterKill);
        Objects.requireNonNull(reason);
    }

    /**
     * Tells whether a successor sees the volume as the predecessor left it. Without that, an acknowledged write would
     * vanish under a driver that never hears of it, so recovery must be refused (P1, CR-05).
     */
    public boolean survivesProcess() {
        return afterKill == AfterKill.KEPT || afterKill == AfterKill.NEVER_STORED;
    }
}
