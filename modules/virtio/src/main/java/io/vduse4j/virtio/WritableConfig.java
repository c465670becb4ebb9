package io.vduse4j.virtio;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * A configuration space that drivers write, for the doors that have a way for it: vhost-user has SET_CONFIG, VDUSE has
 * nothing. Methods are called on control threads and must not block.
 */
public interface WritableConfig {

    /** Features that only mean something where the space can be written; such a door offers them with the others. */
    long features();

    /**
     * The space as it is now for a driver. A copy, as long as {@link VirtioDevice#config}.
     *
     * @param features what the driver has accepted; 0 if the door has not been told yet
     */
    byte[] read(long features);

    /**
     * Writes a part of the space.
     *
     * @param features what the driver has accepted; 0 if the door has not been told yet
     * @param offset of the first byte; any number, what does not fit is refused
     * @param bytes what is written, at least one
     * @param done told exactly once, on any thread or from within: nothing if it is written and everything that follows
     *     from it is done, or why it is not
     */
    void write(long features, int offset, byte[] bytes, Consumer<Optional<String>> done);
}
