package io.vduse4j.daemon;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The volumes of a process: storage that several exports name is opened once and shared, with at most one export that
 * writes. Any thread may call; opening and closing wait for the storage without holding up calls about other volumes.
 */
public final class Volumes {
    /** How long an export may wait for one that is opening or closing the same volume. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<String, Volume> volumes = new HashMap<>();
    private final Storage storage;

    /** Makes an empty set. */
    public Volumes() {
        this(new Storage() {
            @Override
            public Optional<String> identity(String text) throws IOException {
                return Backends.identity(text);
            }

            @Override
            public Backend open(String text, BackendOptions options) throws IOException {
                return Backends.open(text, options);
            }
        });
    }

    /** As above, of other storage: a test's. */
    Volumes(Storage storage) {
        this.storage = storage;
    }

    /** Where volumes come from: {@link Backends}. */
    interface Storage {
        Optional<String> identity(String text) throws IOException;

        Backend open(String text, BackendOptions options) throws IOException;
    }

    /**
     * Opens a volume for an export, or shares the one that is open.
     *
     * @param text as {@link Backends#open} takes it; which texts mean the same is told by {@link Backends#identity}
     * @param options as they are; a volume that is open must have been opened with the like
     * @param export for whom: what is said to others that want to write, too
     * @return the export's own view; closing it closes the volume if nobody else has one
     * @throws IOException a {@link LinuxException}: EBUSY if another export writes, or has it open in a way that does not
     *     allow this; ETIMEDOUT if another one has been opening or closing it for 30 s; else as the backend says
     */
    public Backend open(String text, BackendOptions options, String export) throws IOException {
        var identity = storage.identity(text);
        if (identity.isEmpty()) {
            return storage.open(text, options);
        }
        Volume volume;
        synchronized (this) {
            var open = awaitSettled(identity.get());
            if (open.isPresent()) {
                return view(open.get(), options, export);
            }
            volume = new Volume(identity.get(), options);
            volumes.put(identity.get(), volume);
        }
        Optional<Backend> backend = Optional.empty();
        try {
            backend = Optional.of(storage.open(text, options));
        } finally {
            if (backend.isEmpty()) {
                forget(volume);
            }
        }
        synchronized (this) {
            volume.opened(backend.get());
            notifyAll();
            return view(volume, options, export);
        }
    }

    /** Waits while a volume is being opened or closed; empty if there is none then. */
    private Optional<Volume> awaitSettled(String identity) throws LinuxException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            var volume = volumes.get(identity);
            if (volume == null || volume.isOpen()) {
                return Optional.ofNullable(volume);
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new LinuxException(
                        "open", identity, Errno.ETIMEDOUT, "another export is still opening or closing it");
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new LinuxException("open", identity, Errno.EINTR);
            }
        }
    }

    private Backend view(Volume volume, BackendOptions options, String export) throws LinuxException {
        return volume.view(options, export, view -> release(volume, view));
    }

    private void release(Volume volume, VolumeView view) throws IOException {
        Optional<Backend> last;
        synchronized (this) {
            last = volume.release(view);
        }
        if (last.isPresent()) {
            try {
                last.get().close();
            } finally {
                forget(volume);
            }
        }
    }

    private synchronized void forget(Volume volume) {
        volumes.remove(volume.identity(), volume);
        notifyAll();
    }
}
