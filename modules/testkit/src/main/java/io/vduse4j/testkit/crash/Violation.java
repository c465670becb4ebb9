package io.vduse4j.testkit.crash;

/**
 * A block that holds what it must not hold.
 *
 * @param kind what is wrong
 * @param block its number
 * @param text what it holds, and what it had to
 */
public record Violation(Kind kind, long block, String text) {

    /** What is wrong with a block. */
    public enum Kind {
        /** It holds an older value than one that was promised to last (P1, P2). */
        LOST,
        /** It holds a value that was seen before, and another one since: a write was done twice, or late. */
        RESURRECTED,
        /** It holds a mixture, or what nobody wrote (DU-07). */
        TORN,
        /** It holds a mixture of requests of which it may hold each. */
        MIXED,
        /** It holds what was written to another block, or by another run. */
        FOREIGN,
        /** It holds what was not asked for until then. */
        EARLY
    }
}
