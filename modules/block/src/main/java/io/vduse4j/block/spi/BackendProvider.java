package io.vduse4j.block.spi;

import io.vduse4j.block.Backend;
import java.io.IOException;

/** Opens the backends of one scheme; found by {@link java.util.ServiceLoader}. */
public interface BackendProvider {

    /** The word before the colon: {@code file} in {@code file:/srv/disk.img}. Lower case, no colon. */
    String scheme();

    /** One line for a person: what it is, with an example. */
    String summary();

    /**
     * Opens a volume.
     *
     * @param rest what follows the colon
     * @param options what the user asked for
     * @throws IOException with the errno that says what is wrong: ENOENT, EISDIR, EINVAL (wrong text or size), EACCES,
     *     EBUSY (another writer), EEXIST ...
     */
    Backend open(String rest, BackendOptions options) throws IOException;
}
