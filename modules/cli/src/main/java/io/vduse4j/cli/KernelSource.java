package io.vduse4j.cli;

import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;

/** Where {@link KernelCommand} gets the kernel half that it serves. */
interface KernelSource {
    /**
     * Starts a kernel half without devices.
     *
     * @throws IOException if it cannot be started
     */
    VduseHost open() throws IOException;
}
