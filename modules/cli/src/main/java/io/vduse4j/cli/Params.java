package io.vduse4j.cli;

import io.vduse4j.daemon.RpcException;
import java.util.Map;
import java.util.Set;

/** The parameters of a call, from anybody. */
record Params(Map<String, Object> values) {
    /** Refuses all but these names. */
    void only(String... names) throws RpcException {
        var known = Set.of(names);
        for (var name : values.keySet()) {
            if (!known.contains(name)) {
                throw invalid("there is no parameter \"" + name + "\"");
            }
        }
    }

    /** A text that must be there. */
    String text(String name) throws RpcException {
        if (values.get(name) instanceof String text) {
            return text;
        }
        throw invalid("\"" + name + "\" must be a string");
    }

    /** A whole number that must be there. */
    long number(String name) throws RpcException {
        if (values.get(name) instanceof Long number) {
            return number;
        }
        throw invalid("\"" + name + "\" must be a whole number");
    }

    /** Whether something is wanted; not, if nothing is said. */
    boolean flag(String name) throws RpcException {
        if (values.getOrDefault(name, false) instanceof Boolean flag) {
            return flag;
        }
        throw invalid("\"" + name + "\" must be true or false");
    }

    static RpcException invalid(String why) {
        return new RpcException(RpcException.INVALID_PARAMS, why);
    }
}
