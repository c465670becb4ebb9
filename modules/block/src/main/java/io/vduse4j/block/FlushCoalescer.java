package io.vduse4j.block;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the flushes of a volume on one thread of its own. All flushes that wait share one {@link Backend#flush} that
 * <em>starts</em> after they were received, never one that is already running: that one may have passed by writes which
 * completed since it began (DU-01). After the first failure all later flushes fail at once, without asking the backend
 * (DU-05).
 */
public final class FlushCoalescer {
    private static final System.Logger LOG = System.getLogger(FlushCoalescer.class.getPackageName());

    private final Backend backend;
    private final List<FlushPort> ports = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean closing;
    private boolean failed;

    /**
     * Starts the thread of a volume.
     *
     * @param backend the volume; stays the caller's
     */
    public FlushCoalescer(Backend backend) {
        this.backend = backend;
        this.thread =
                Thread.ofPlatform().daemon().name("flush " + backend.describe()).start(this::run);
    }

    /**
     * Opens a worker's way in.
     *
     * @param slots flushes that can wait there at once
     * @param completions where they end: posted from the thread of the volume, with 0 or EIO
     */
    public FlushPort open(int slots, Completions completions) {
        var port = new FlushPort(slots, completions, () -> LockSupport.unpark(thread), ports::remove);
        ports.add(port);
        return port;
    }

    /**
     * Ends the thread after what has been asked so far. Nothing may be asked afterwards.
     *
     * @param deadline how long to wait
     * @throws LinuxException ETIMEDOUT if the backend is still flushing then; the thread ends with that flush
     */
    public void close(Duration deadline) throws LinuxException {
        closing = true;
        LockSupport.unpark(thread);
        boolean ended = false;
        try {
            ended = thread.join(deadline);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            throw new LinuxException("close", backend.describe(), Errno.ETIMEDOUT, "a flush is still running");
        }
    }

    private void run() {
        while (true) {
            // Read before looking: what was asked before close() is found in this round.
            boolean last = closing;
            boolean found = false;
            for (var port : ports) {
                found |= port.receive();
            }
            if (found) {
                int errno = flush();
                for (var port : ports) {
                    port.answer(errno);
                }
            } else if (last) {
                return;
            } else {
                LockSupport.park(this);
            }
        }
    }

    private int flush() {
        if (failed) {
            return Errno.EIO;
        }
        try {
            backend.flush();
            return 0;
        } catch (IOException | RuntimeException problem) {
            failed = true;
            LOG.log(
                    System.Logger.Level.ERROR,
                    "flush of " + backend.describe() + " failed, and so will all later ones until it is opened anew: "
                            + problem);
            return Errno.EIO;
        }
    }
}
