package io.vduse4j.cli;

import io.vduse4j.block.Backend;
import java.io.IOException;

/** Opens the volume, when it is its turn. */
@FunctionalInterface
interface VolumeSource {
    /** Opens it. */
    Backend open() throws IOException;
}
