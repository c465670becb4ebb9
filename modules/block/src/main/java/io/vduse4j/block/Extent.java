package io.vduse4j.block;

/**
 * A part of a volume that is of one kind: both facts are known of all of it, or of none. What is neither is data, which is
 * always a right answer.
 *
 * @param length in bytes, more than 0; a multiple of {@link Limits#blockSize()}
 * @param hole no space is taken: what is written there may find none left
 * @param zero it reads as zeroes
 */
public record Extent(long length, boolean hole, boolean zero) {

    /** Checks the length; {@link IllegalArgumentException} names it. */
    public Extent {
        if (length <= 0) {
            throw new IllegalArgumentException("length = " + length);
        }
    }

    /** Returns one of which nothing is known. */
    public static Extent data(long length) {
        return new Extent(length, false, false);
    }

    /** Returns one that takes no space and reads as zeroes. */
    public static Extent sparse(long length) {
        return new Extent(length, true, true);
    }
}
