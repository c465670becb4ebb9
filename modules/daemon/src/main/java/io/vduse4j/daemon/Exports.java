package io.vduse4j.daemon;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The exports of a process by their names. Any thread may call. A name is taken from the moment when its export is asked
 * for, so that making a disk, which may take long, holds up nobody who asks about another one.
 *
 * @param <T> what the owner wants to remember of each
 */
public final class Exports<T> implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Exports.class.getPackageName());

    /** Most exports at a time: each takes threads and descriptors. */
    static final int MOST = 1024;

    /** For the disks that are being made when all ends: shorter than what ending may take in all. */
    private static final Duration LAST_MAKING = Duration.ofSeconds(4);

    /** For all disks to be closed; each has a deadline of its own that is shorter. */
    private static final Duration ALL = Duration.ofSeconds(20);

    private final ConcurrentHashMap<String, Export<T>> exports = new ConcurrentHashMap<>();
    private volatile boolean ending;

    /** Makes an empty set. */
    public Exports() {}

    /** Makes a disk, when its name is reserved. */
    @FunctionalInterface
    public interface Maker {
        /**
         * Makes it.
         *
         * @throws IOException if that is not possible; nothing is left behind then
         */
        ServedDisk make() throws IOException;
    }

    /**
     * Makes an export; returns when its disk can be used.
     *
     * @param name of the export
     * @param about what it is to be: {@link Export#about}
     * @param maker makes the disk on this thread
     * @throws IOException EEXIST if there is an export of that name, ECANCELED if all are being closed, ENOSPC beyond 1024;
     *     else what the maker throws
     */
    public Export<T> create(String name, T about, Maker maker) throws IOException {
        var export = reserve(name, about);
        boolean made = false;
        try {
            refuseWhenEnding(name);
            export.made(maker.make());
            made = true;
        } finally {
            if (!made) {
                exports.remove(name, export);
                export.gone();
            }
        }
        return export;
    }

    private Export<T> reserve(String name, T about) throws LinuxException {
        if (exports.size() >= MOST) {
            throw new LinuxException(
                    "create", name, Errno.ENOSPC, "there are " + MOST + " exports already: remove one");
        }
        var export = new Export<>(name, about);
        var other = exports.putIfAbsent(name, export);
        if (other != null) {
            throw new LinuxException(
                    "create",
                    name,
                    Errno.EEXIST,
                    "there is an export of that name, which is " + other.state().text());
        }
        return export;
    }

    /**
     * Takes a name again that an earlier process had, and makes its disk on a thread of its own. If that fails the export
     * stays, failed, and has no disk; {@link #retry} tries it again and {@link #remove} forgets it.
     *
     * @param name of the export
     * @param about what it is to be
     * @param maker makes the disk
     * @throws LinuxException EEXIST, ENOSPC as {@link #create}
     */
    public void restore(String name, T about, Maker maker) throws LinuxException {
        var export = reserve(name, about);
        Thread.ofPlatform().daemon().name("restore " + name).start(() -> {
            try {
                attempt(export, maker);
            } catch (IOException failure) {
                LOG.log(System.Logger.Level.WARNING, name + ": cannot be served again: " + failure.getMessage());
            }
        });
    }

    /**
     * Tries again to make the disk of an export that could not be served again.
     *
     * @param name of the export
     * @param maker makes the disk on this thread
     * @throws IOException ENOENT; EBUSY if it has not failed in that way; else what the maker throws
     */
    public Export<T> retry(String name, Maker maker) throws IOException {
        var export = get(name);
        export.again();
        attempt(export, maker);
        return export;
    }

    private void attempt(Export<T> export, Maker maker) throws IOException {
        var failed = "it was given up";
        try {
            refuseWhenEnding(export.name());
            export.made(maker.make());
            failed = "";
        } catch (IOException | RuntimeException failure) {
            failed = String.valueOf(failure.getMessage());
            throw failure;
        } finally {
            if (!failed.isEmpty()) {
                export.lost(failed);
            }
        }
    }

    private void refuseWhenEnding(String name) throws LinuxException {
        if (ending) {
            throw new LinuxException("create", name, Errno.ECANCELED, "the daemon is ending");
        }
    }

    /**
     * Finds an export.
     *
     * @throws LinuxException ENOENT
     */
    public Export<T> get(String name) throws LinuxException {
        var export = exports.get(name);
        if (export == null) {
            throw new LinuxException(
                    "find", name, Errno.ENOENT, "there is no export of that name; \"vduse ls\" shows all");
        }
        return export;
    }

    /** Returns all by their names. */
    public List<Export<T>> all() {
        return exports.values().stream()
                .sorted(Comparator.comparing(Export::name))
                .toList();
    }

    /**
     * Ends an export. If that fails it stays, failed, for its volume may still be used.
     *
     * @param force also while somebody uses it
     * @throws IOException ENOENT; EBUSY if it is used, or is being made or removed; else why it could not be closed
     */
    public void remove(String name, boolean force) throws IOException {
        var export = get(name);
        try {
            export.close(force);
        } finally {
            if (export.state() == Export.State.GONE) {
                exports.remove(name, export);
            }
        }
    }

    /**
     * Closes all at the same time, or leaves those that are to outlive the process; no further one is made.
     *
     * @throws IOException why the first could not be closed, and with it the others
     */
    @Override
    public void close() throws IOException {
        ending = true;
        var failures = new ArrayList<IOException>();
        var closers = all().stream()
                .map(export -> Thread.ofPlatform()
                        .daemon()
                        .name("end " + export.name())
                        .start(() -> leave(export, failures)))
                .toList();
        long deadline = System.nanoTime() + ALL.toNanos();
        try {
            for (var closer : closers) {
                closer.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        synchronized (failures) {
            closers.stream()
                    .filter(Thread::isAlive)
                    .findFirst()
                    .ifPresent(late -> failures.add(new LinuxException(late.getName(), "", Errno.ETIMEDOUT)));
            if (!failures.isEmpty()) {
                var first = failures.removeFirst();
                failures.forEach(first::addSuppressed);
                throw first;
            }
        }
    }

    private void leave(Export<T> export, List<IOException> failures) {
        try {
            export.awaitMade(LAST_MAKING);
            export.leave();
            exports.remove(export.name(), export);
        } catch (IOException failure) {
            synchronized (failures) {
                failures.add(failure);
            }
        }
    }
}
