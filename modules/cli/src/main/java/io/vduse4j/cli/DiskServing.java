package io.vduse4j.cli;

import io.vduse4j.daemon.ServedDisk;
import java.io.IOException;

/** The way to serve a disk. The command has one ({@link DiskServer}); tests of its life cycle bring another. */
@FunctionalInterface
interface DiskServing {
    /**
     * Serves a disk and returns when its device can be used.
     *
     * @throws IOException if that is not possible; nothing is left behind then
     */
    ServedDisk serve(RunSettings settings) throws IOException;
}
