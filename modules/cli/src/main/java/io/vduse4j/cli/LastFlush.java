package io.vduse4j.cli;

import io.vduse4j.block.Backend;
import io.vduse4j.daemon.UnstableException;
import java.io.IOException;
import java.util.Optional;

/** The end of a volume's use: what was acknowledged is made stable. */
final class LastFlush {

    private LastFlush() {}

    /** Only flushes; what may only be read has nothing to be made stable. */
    static void of(Backend volume) throws IOException {
        if (!volume.limits().readOnly()) {
            volume.flush();
        }
    }

    /**
     * Flushes and closes.
     *
     * @throws UnstableException if it is closed, but could not be flushed
     */
    static void close(Backend volume) throws IOException {
        Optional<IOException> unstable;
        try (volume) {
            unstable = tried(volume);
        }
        if (unstable.isPresent()) {
            throw new UnstableException(unstable.get());
        }
    }

    private static Optional<IOException> tried(Backend volume) {
        try {
            of(volume);
            return Optional.empty();
        } catch (IOException unstable) {
            return Optional.of(unstable);
        }
    }
}
