package io.vduse4j.vhostuser;

/** A request that is not done, and why: what the front end sent is wrong, or comes at the wrong time. */
final class RefusedException extends Exception {

    private static final long serialVersionUID = 1;

    RefusedException(String why) {
        super(why);
    }

    RefusedException(String why, Throwable cause) {
        super(why + ": " + cause.getMessage(), cause);
    }
}
