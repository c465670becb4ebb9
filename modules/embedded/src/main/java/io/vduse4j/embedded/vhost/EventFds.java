package io.vduse4j.embedded.vhost;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;

/** Takes references to the eventfds of a client, as the kernel does. */
final class EventFds {

    private EventFds() {}

    /**
     * Our own descriptor of a client's eventfd.
     *
     * @throws LinuxException EBADF, or EINVAL for something else
     */
    static EventFd of(int number, String name) throws LinuxException {
        return EventFd.adoptForeign(Fd.duplicateOf(number, "eventfd of " + name));
    }
}
