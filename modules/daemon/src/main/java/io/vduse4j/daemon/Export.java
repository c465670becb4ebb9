package io.vduse4j.daemon;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A disk and its name, from the wish to have it to its end. Any thread may call.
 *
 * @param <T> what its owner wants to remember of it
 */
public final class Export<T> {
    /** Where an export is in its life. */
    public enum State {
        /** Its disk is being made. */
        CREATING,
        /** It is served. */
        UP,
        /** It is not served any more, and not by our doing: somebody has detached it, or the kernel has given it up. */
        ENDED,
        /** Its disk is being closed. */
        REMOVING,
        /**
         * Its disk could not be closed: what may still use the volume is left alone until the process ends. Or it could not
         * be served again ({@link Exports#restore}): then it has no disk, and can be tried again.
         */
        FAILED,
        /** It is no more. */
        GONE;

        /** As it is written: {@code up}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final String name;
    private final T about;
    private State state = State.CREATING;
    private Optional<ServedDisk> disk = Optional.empty();
    private Optional<String> error = Optional.empty();

    Export(String name, T about) {
        this.name = name;
        this.about = about;
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** What it was asked to be. */
    public T about() {
        return about;
    }

    /** Where it is in its life. */
    public State state() {
        Optional<ServedDisk> served;
        synchronized (this) {
            if (state != State.UP) {
                return state;
            }
            served = disk;
        }
        try {
            // Not under the lock: the disk may ask the kernel.
            boolean ended =
                    served.orElseThrow().isBroken() || served.orElseThrow().awaitEnd(Duration.ZERO);
            return ended ? State.ENDED : State.UP;
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            return State.UP;
        }
    }

    /** Its disk; empty while it is being made. */
    public synchronized Optional<ServedDisk> disk() {
        return disk;
    }

    /** Why it has failed; empty if it has not. */
    public synchronized Optional<String> error() {
        return error;
    }

    /** Whether it could not be served again, and waits to be tried once more. */
    public synchronized boolean isLost() {
        return state == State.FAILED && disk.isEmpty();
    }

    synchronized void lost(String why) {
        error = Optional.of(why);
        become(State.FAILED);
    }

    /**
     * It is tried once more.
     *
     * @throws LinuxException EBUSY if that is not its state
     */
    synchronized void again() throws LinuxException {
        if (!isLost()) {
            throw new LinuxException(
                    "recover", name, Errno.EBUSY, "it is " + state.text() + ": there is nothing to try again");
        }
        error = Optional.empty();
        become(State.CREATING);
    }

    synchronized void made(ServedDisk made) {
        disk = Optional.of(made);
        become(State.UP);
    }

    synchronized void gone() {
        become(State.GONE);
    }

    private void become(State next) {
        state = next;
        notifyAll();
    }

    /** Waits while the disk is being made. */
    synchronized void awaitMade(Duration timeout) throws LinuxException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (state == State.CREATING) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new LinuxException("end", name, Errno.ETIMEDOUT, "it is still being created");
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
                throw new LinuxException("end", name, Errno.EINTR);
            }
        }
    }

    /**
     * Closes the disk; does nothing if it has gone.
     *
     * @param force also while somebody uses it
     */
    void close(boolean force) throws IOException {
        end(force, ServedDisk::close);
    }

    /** Ends it with the process, although somebody may use it; does nothing if it has gone. */
    void leave() throws IOException {
        end(true, ServedDisk::leave);
    }

    /** A way to end a disk. */
    private interface End {
        void of(ServedDisk disk) throws IOException;
    }

    private void end(boolean force, End end) throws IOException {
        ServedDisk served;
        synchronized (this) {
            switch (state) {
                case CREATING, REMOVING ->
                    throw new LinuxException(
                            "remove", name, Errno.EBUSY, "it is " + state.text() + ": try again later");
                case GONE -> {
                    return;
                }
                case FAILED -> {
                    if (isLost()) {
                        become(State.GONE);
                        return;
                    }
                    throw new LinuxException(
                            "remove",
                            name,
                            Errno.EBUSY,
                            "it could not be closed, and keeps its volume until the daemon ends");
                }
                default -> served = disk.orElseThrow();
            }
            if (!force && served.isInUse()) {
                throw new LinuxException(
                        "remove",
                        name,
                        Errno.EBUSY,
                        served.device() + " is in use: end who uses it, or use --force (which shows them I/O errors)");
            }
            become(State.REMOVING);
        }
        boolean closed = false;
        try {
            end.of(served);
            closed = true;
        } catch (UnstableException unstable) {
            closed = true;
            throw unstable;
        } catch (IOException failure) {
            synchronized (this) {
                error = Optional.of(String.valueOf(failure.getMessage()));
            }
            throw failure;
        } finally {
            synchronized (this) {
                become(closed ? State.GONE : State.FAILED);
            }
        }
    }
}
