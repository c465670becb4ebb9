package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;

/** Failures of a host as answers: a negative errno, and three strings that say what failed. */
final class Failures {
    private Failures() {}

    /** The answer to a request that has failed. */
    static Frame answer(Op op, int id, IOException failure) {
        var linux = failure instanceof LinuxException known
                ? known
                : new LinuxException(op.name(), "host", Errno.EIO, String.valueOf(failure.getMessage()));
        return Frame.of(op, id, -linux.errno(), body(linux));
    }

    static byte[] body(LinuxException failure) {
        return new BodyWriter()
                .string(failure.call())
                .string(failure.object())
                .string(detail(failure))
                .body();
    }

    /** What the message says behind call, object and errno. */
    private static String detail(LinuxException failure) {
        var fact = new LinuxException(failure.call(), failure.object(), failure.errno()).getMessage() + ": ";
        return failure.getMessage().startsWith(fact) ? failure.getMessage().substring(fact.length()) : "";
    }

    /**
     * Returns an answer that is none of these.
     *
     * @throws LinuxException what has failed at the server, or EPROTO
     */
    static Frame orThrow(Frame answer) throws LinuxException {
        if (answer.value() >= 0) {
            return answer;
        }
        answer.discard();
        var body = new BodyReader(answer);
        throw new LinuxException(body.string(), body.string(), -answer.value(), body.string());
    }
}
