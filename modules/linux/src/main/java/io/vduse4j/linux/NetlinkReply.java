package io.vduse4j.linux;

import java.util.List;

/**
 * What the kernel answered to a request.
 *
 * @param errno 0 if it was done, else a positive number of {@link Errno}
 * @param extAck the kernel's own text on what was wrong, or an empty string
 * @param messages what it sent besides
 */
public record NetlinkReply(int errno, String extAck, List<NetlinkMessage> messages) {
    /** Copies the list. */
    public NetlinkReply {
        messages = List.copyOf(messages);
    }

    /**
     * Returns this reply if the request was done.
     *
     * @param call what the request was, for the message
     * @param object what it was asked of
     * @throws LinuxException with the errno and the kernel's text
     */
    public NetlinkReply orThrow(String call, String object) throws LinuxException {
        if (errno != 0) {
            throw new LinuxException(call, object, errno, extAck);
        }
        return this;
    }
}
