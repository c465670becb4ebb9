package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;

/** Where {@link KernelCommand} gets the kernel half that it serves. */
interface KernelSource {
    /** That of a build without one. */
    KernelSource NONE = () -> {
        throw new LinuxException(
                "start", "embedded kernel", Errno.ENOSYS, "this build of vduse4j has no kernel half of its own");
    };

    /**
     * Starts a kernel half without devices.
     *
     * @throws IOException if it cannot be started
     */
    VduseHost open() throws IOException;
}
