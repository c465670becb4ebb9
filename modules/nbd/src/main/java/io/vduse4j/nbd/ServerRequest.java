package io.vduse4j.nbd;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** One request of a client, from its head to its reply. */
final class ServerRequest implements NbdCompletion {
    /** As the client sent them; {@code length} is unsigned 32 bits. */
    final long cookie;

    final int command;
    final int flags;
    final long offset;
    final long length;

    /** Memory of READ and WRITE, and the extents of BLOCK_STATUS; set before the export gets the request. */
    Optional<Payload> payload = Optional.empty();

    Optional<NbdExtents> extents = Optional.empty();

    private final Consumer<ServerRequest> ended;
    private final AtomicBoolean completed = new AtomicBoolean();
    private int errno;

    /**
     * Begins a request.
     *
     * @param ended gets the request when it has ended; hands it on between threads
     */
    ServerRequest(long cookie, int command, int flags, long offset, long length, Consumer<ServerRequest> ended) {
        this.cookie = cookie;
        this.command = command;
        this.flags = flags;
        this.offset = offset;
        this.length = length;
        this.ended = ended;
    }

    @Override
    public void completed(int result) {
        if (!completed.compareAndSet(false, true)) {
            throw new IllegalStateException("the export has completed a request twice");
        }
        errno = result;
        ended.accept(this);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** How it ended: 0 or a positive errno. To be read once it has. */
    int errno() {
        return errno;
    }
}
