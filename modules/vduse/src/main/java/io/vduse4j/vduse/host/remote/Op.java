package io.vduse4j.vduse.host.remote;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;

/** What a frame is about; the place in this list is its number on the wire. */
enum Op {
    /** The server's first frame: magic, lowest and highest version, name of the host. */
    GREETING,

    /** The client's first frame: the version that both speak from now on. */
    HELLO,

    /** Opens a node by its name; answers the number that stands for it on this connection. */
    OPEN,

    /** Closes a node. */
    CLOSE,

    /** One ioctl of a node. */
    IOCTL,

    /** Reads a message of a node. */
    READ,

    /** Writes a reply to a node. */
    WRITE,

    /** Waits for events of a node. */
    POLL,

    /** Ends a {@link #POLL} early; has no answer of its own. */
    CANCEL,

    /** Reads an attribute of sysfs. */
    READ_ATTRIBUTE,

    /** Writes an attribute of sysfs. */
    WRITE_ATTRIBUTE,

    /** A request to the netlink family vdpa. */
    VDPA,

    /** Binds a device of the vdpa bus to a driver. */
    BIND,

    /** Whether a device is on the vdpa bus. */
    IS_ATTACHED,

    /** How a device of the vdpa bus is used. */
    CONSUMER,

    /** Names all devices. */
    DEVICES;

    private static final Op[] ALL = values();

    /**
     * Returns the operation of a frame.
     *
     * @throws LinuxException EPROTO if there is none of that number
     */
    static Op of(Frame frame) throws LinuxException {
        if (frame.op() >= ALL.length) {
            throw new LinuxException("receive", "frame", Errno.EPROTO, "there is no operation " + frame.op());
        }
        return ALL[frame.op()];
    }

    /** The number on the wire. */
    int number() {
        return ordinal();
    }
}
