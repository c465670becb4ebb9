package io.vduse4j.cli;

import io.vduse4j.block.Backend;
import io.vduse4j.nbd.BackendExport;
import io.vduse4j.nbd.NbdLimits;
import io.vduse4j.nbd.NbdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A disk that clients find at an NBD server of ours; its device is the URI. */
final class NbdDisk implements ServedDisk {
    /** Requests that a synchronous backend serves at once, unless the user says otherwise. */
    private static final int DEFAULT_WORKERS = 2;

    /** How long clients may take to fetch their last replies: stopping in all has less than 10 s. */
    private static final Duration DRAIN = Duration.ofSeconds(3);

    /** Opens the volume. */
    @FunctionalInterface
    interface VolumeSource {
        /** Opens it, once the socket is there. */
        Backend open() throws IOException;
    }

    private final String name;
    private final Optional<Path> folder;
    private final NbdServer server;
    private final Backend volume;
    private final BackendExport export;
    private final CountDownLatch ended = new CountDownLatch(1);

    private NbdDisk(String name, Optional<Path> folder, NbdServer server, Backend volume, BackendExport export) {
        this.name = name;
        this.folder = folder;
        this.server = server;
        this.volume = volume;
        this.export = export;
    }

    /**
     * Serves a volume. The socket comes first, so that no file is made where nothing can be served.
     *
     * @throws IOException if that is not possible; nothing is left behind then
     */
    static NbdDisk serve(RunSettings settings, VolumeSource source) throws IOException {
        // Without a path, one that nobody else can guess or reach.
        Optional<Path> folder =
                settings.socket().isPresent() ? Optional.empty() : Optional.of(Files.createTempDirectory("vduse-"));
        try {
            var path =
                    folder.map(own -> own.resolve("nbd")).or(settings::socket).orElseThrow();
            var server = NbdServer.listen(path, NbdLimits.DEFAULT);
            try {
                return serve(settings, folder, server, source.open());
            } catch (Throwable failure) {
                DiskServer.closeAfter(failure, server);
                throw failure;
            }
        } catch (Throwable failure) {
            DiskServer.closeAfter(failure, () -> remove(folder));
            throw failure;
        }
    }

    private static NbdDisk serve(RunSettings settings, Optional<Path> folder, NbdServer server, Backend volume)
            throws IOException {
        try {
            var export = new BackendExport(volume, settings.workers().orElse(DEFAULT_WORKERS));
            server.add(settings.name(), export);
            return new NbdDisk(settings.name(), folder, server, volume, export);
        } catch (Throwable failure) {
            DiskServer.closeAfter(failure, volume);
            throw failure;
        }
    }

    private static void remove(Optional<Path> folder) throws IOException {
        if (folder.isPresent()) {
            Files.deleteIfExists(folder.get());
        }
    }

    @Override
    public String device() {
        return server.uri(name);
    }

    @Override
    public long size() {
        return volume.size();
    }

    @Override
    public String backend() {
        return volume.describe();
    }

    /** It does not end by itself: clients come and go. */
    @Override
    public boolean awaitEnd(Duration timeout) throws InterruptedException {
        return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public boolean isBroken() {
        return false;
    }

    /** A volume that workers may still use is made stable but not closed; the process is about to end. */
    @Override
    public void close() throws IOException {
        try {
            server.stop(DRAIN);
            export.close();
        } catch (IOException left) {
            DiskServer.closeAfter(left, this::flush);
            throw left;
        } finally {
            ended.countDown();
            remove(folder);
        }
        try (volume) {
            flush();
        }
    }

    private void flush() throws IOException {
        if (!volume.limits().readOnly()) {
            volume.flush();
        }
    }
}
