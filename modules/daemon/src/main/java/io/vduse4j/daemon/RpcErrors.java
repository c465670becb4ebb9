package io.vduse4j.daemon;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Failures as the error object of JSON-RPC 2.0, and back: what a server throws is what its client gets. */
final class RpcErrors {
    private RpcErrors() {}

    static Map<String, Object> write(Exception failure) {
        var error = new LinkedHashMap<String, Object>();
        error.put("code", code(failure));
        error.put("message", message(failure));
        var data = new LinkedHashMap<String, Object>();
        data.put("kind", kind(failure).text());
        if (failure instanceof LinuxException linux) {
            data.put("errno", linux.errno());
            data.put("name", Errno.name(linux.errno()));
            data.put("call", linux.call());
            data.put("object", linux.object());
            data.put("hint", linux.detail());
        }
        error.put("data", data);
        return error;
    }

    private static int code(Exception failure) {
        return switch (failure) {
            case RpcException rpc -> rpc.code();
            case IOException _ -> RpcException.FAILED;
            default -> RpcException.INTERNAL_ERROR;
        };
    }

    private static String message(Exception failure) {
        return failure instanceof IOException && failure.getMessage() != null
                ? failure.getMessage()
                : "internal error: " + failure;
    }

    private static ErrorKind kind(Exception failure) {
        return switch (failure) {
            case LinuxException linux -> ErrorKind.of(linux.errno());
            case RpcException rpc ->
                rpc.code() == RpcException.FAILED || rpc.code() == RpcException.INTERNAL_ERROR
                        ? ErrorKind.FAILED
                        : ErrorKind.USAGE;
            default -> ErrorKind.FAILED;
        };
    }

    /** Reads an error object; one that is not as it should be is a failure, too. */
    static IOException read(Object error) {
        if (error instanceof Map<?, ?> members
                && members.get("code") instanceof Long code
                && members.get("message") instanceof String message) {
            return members.get("data") instanceof Map<?, ?> data
                            && data.get("errno") instanceof Long errno
                            && data.get("call") instanceof String call
                            && data.get("object") instanceof String object
                            && data.get("hint") instanceof String hint
                    ? new LinuxException(call, object, errno.intValue(), hint)
                    : new RpcException(code.intValue(), message);
        }
        return new RpcException(RpcException.INTERNAL_ERROR, "the daemon's answer has an error that is none");
    }
}
