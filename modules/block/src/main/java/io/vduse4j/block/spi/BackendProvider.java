package io.vduse4j.block.spi;

import io.vduse4j.block.Backend;
import java.io.IOException;
import java.util.Optional;

/** Opens the backends of one scheme; found by {@link java.util.ServiceLoader}. */
public interface BackendProvider {

    /** The word before the colon: {@code file} in {@code file:/srv/disk.img}. Lower case, no colon. */
    String scheme();

    /** One line for a person: what it is, with an example. */
    String summary();

    /**
     * Tells which texts mean the same storage: those with the same answer, which may be opened only once.
     *
     * @param rest what follows the colon
     * @return a name of the storage, scheme included; empty if each opening makes storage of its own
     * @throws IOException if the text is wrong
     */
    default Optional<String> identity(String rest) throws IOException {
        return Optional.of(scheme() + ":" + rest);
    }

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
