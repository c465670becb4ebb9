package io.vduse4j.daemon;

/** A text that is no JSON, or more of it than is taken. The message says what is wrong, and where. */
public final class JsonException extends Exception {
    private static final long serialVersionUID = 1L;

    JsonException(String message) {
        super(message);
    }
}
