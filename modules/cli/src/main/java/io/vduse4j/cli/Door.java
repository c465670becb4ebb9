package io.vduse4j.cli;

import java.util.Locale;

/** The way out of a disk. */
enum Door {
    /** A device of the host's VDUSE. */
    VDUSE,

    /** A socket for virtual machine monitors. */
    VHOST_USER_BLK,

    /** An export of our own NBD server. */
    NBD;

    /** As users write it. */
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
