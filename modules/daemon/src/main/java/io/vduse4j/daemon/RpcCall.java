package io.vduse4j.daemon;

import java.util.LinkedHashMap;
import java.util.Map;

/** One line from a client becomes one line for it. */
final class RpcCall {
    private RpcCall() {}

    static final String VERSION = "2.0";

    /** A call that can be made. */
    private record Request(Object id, String method, Map<String, Object> params) {}

    /** Makes the call that a line asks for; whatever is wrong becomes the answer. */
    static String answer(String line, RpcHandler handler) {
        Object id = Json.Null.NULL;
        try {
            var message = JsonReader.read(line);
            id = id(message);
            var request = request(id, message);
            return answer(id, "result", handler.call(request.method(), request.params()));
        } catch (JsonException wrong) {
            return error(id, new RpcException(RpcException.PARSE_ERROR, "not JSON: " + wrong.getMessage()));
        } catch (Exception failure) {
            // Also a fault of ours: a client may not end the server.
            return error(id, failure);
        }
    }

    static String error(Object id, Exception failure) {
        return answer(id, "error", RpcErrors.write(failure));
    }

    private static String answer(Object id, String what, Object value) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("jsonrpc", VERSION);
        answer.put("id", id);
        answer.put(what, value);
        return Json.of(answer) + "\n";
    }

    private static Object id(Object message) {
        return message instanceof Map<?, ?> members
                        && (members.get("id") instanceof String || members.get("id") instanceof Long)
                ? members.get("id")
                : Json.Null.NULL;
    }

    private static Request request(Object id, Object message) throws RpcException {
        if (!(message instanceof Map<?, ?> members)) {
            throw invalid("a call is an object; several in one list are not taken");
        }
        if (!VERSION.equals(members.get("jsonrpc"))) {
            throw invalid("\"jsonrpc\" must be \"" + VERSION + "\"");
        }
        if (id == Json.Null.NULL) {
            throw invalid("\"id\" must be a string or a whole number: each call has an answer");
        }
        if (!(members.get("method") instanceof String method)) {
            throw invalid("\"method\" must be a string");
        }
        var params = new LinkedHashMap<String, Object>();
        if (members.containsKey("params")) {
            if (!(members.get("params") instanceof Map<?, ?> given)) {
                throw new RpcException(RpcException.INVALID_PARAMS, "\"params\" must be an object");
            }
            given.forEach((name, value) -> params.put((String) name, value));
        }
        return new Request(id, method, params);
    }

    private static RpcException invalid(String why) {
        return new RpcException(RpcException.INVALID_REQUEST, why);
    }
}
