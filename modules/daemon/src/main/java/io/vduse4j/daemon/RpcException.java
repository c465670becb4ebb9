package io.vduse4j.daemon;

import java.io.IOException;

/** A call that was wrong in itself, or a failure without an errno: a code of JSON-RPC 2.0 (5.1) and a message. */
public final class RpcException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What was sent is no JSON. */
    public static final int PARSE_ERROR = -32700;

    /** What was sent is JSON, but no call. */
    public static final int INVALID_REQUEST = -32600;

    /** There is no such method. */
    public static final int METHOD_NOT_FOUND = -32601;

    /** The method cannot be called with these parameters. */
    public static final int INVALID_PARAMS = -32602;

    /** A fault of the server. */
    public static final int INTERNAL_ERROR = -32603;

    /** A failure of what was asked for: JSON-RPC leaves these codes to servers. */
    public static final int FAILED = -32000;

    private final int code;

    /**
     * Describes a failure.
     *
     * @param code one of those above
     * @param message for a person
     */
    public RpcException(int code, String message) {
        super(message);
        this.code = code;
    }

    /** The code. */
    public int code() {
        return code;
    }
}
