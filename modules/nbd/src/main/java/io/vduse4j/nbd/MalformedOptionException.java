package io.vduse4j.nbd;

/** What a client sent with an option is not what belongs to it. */
final class MalformedOptionException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong, for the client's eyes. */
    MalformedOptionException(String message) {
        super(message);
    }
}
