package io.vduse4j;

/**
 * Something that belongs to a disk whose process has gone; found by {@link Leftovers}.
 *
 * @param kind what it is
 * @param name name of the device, or path of the file
 * @param state what is to become of it, or has
 * @param hint what to do about it, or why it could not be removed; empty if there is nothing to say
 */
public record Leftover(Kind kind, String name, State state, String hint) {

    /** What can be left. */
    public enum Kind {
        /** A VDUSE device. */
        DEVICE,
        /** An in-flight log in the runtime directory. */
        LOG,
        /** A socket in the runtime directory. */
        SOCKET
    }

    /** What is to become of it, or has. */
    public enum State {
        /** Nobody has it, nobody uses it: it can be removed. */
        UNUSED,
        /** It was removed. */
        REMOVED,
        /** It is on the vdpa bus and its driver waits: it is left alone. */
        ORPHANED,
        /** It could not be removed. */
        FAILED
    }
}
