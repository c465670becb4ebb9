package io.vduse4j.cli;

import io.vduse4j.block.Backend;
import io.vduse4j.daemon.ServedDisk;
import io.vduse4j.nbd.BackendExport;
import io.vduse4j.nbd.NbdLimits;
import io.vduse4j.nbd.NbdServer;
import java.io.IOException;
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

    private final String name;
    private final SocketPlace place;
    private final NbdServer server;
    private final Backend volume;
    private final BackendExport export;
    private final CountDownLatch ended = new CountDownLatch(1);

    private NbdDisk(String name, SocketPlace place, NbdServer server, Backend volume, BackendExport export) {
        this.name = name;
        this.place = place;
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
        var place = SocketPlace.of(settings, "nbd");
        try {
            var server = NbdServer.listen(place.path(), NbdLimits.DEFAULT);
            try {
                return serve(settings, place, server, source.open());
            } catch (Throwable failure) {
                DiskServer.closeAfter(failure, server);
                throw failure;
            }
        } catch (Throwable failure) {
            DiskServer.closeAfter(failure, place::remove);
            throw failure;
        }
    }

    private static NbdDisk serve(RunSettings settings, SocketPlace place, NbdServer server, Backend volume)
            throws IOException {
        try {
            var export = new BackendExport(volume, settings.workers().orElse(DEFAULT_WORKERS));
            server.add(settings.name(), export);
            return new NbdDisk(settings.name(), place, server, volume, export);
        } catch (Throwable failure) {
            DiskServer.closeAfter(failure, volume);
            throw failure;
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

    @Override
    public Optional<String> lost() {
        return volume.lost();
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

    @Override
    public boolean isInUse() {
        return server.connections() > 0;
    }

    @Override
    public void resize(long bytes) throws IOException {
        volume.resize(bytes);
    }

    /** A volume that workers may still use is made stable but not closed; the process is about to end. */
    @Override
    public void close() throws IOException {
        try {
            server.stop(DRAIN);
            export.close();
        } catch (IOException left) {
            DiskServer.closeAfter(left, () -> LastFlush.of(volume));
            throw left;
        } finally {
            ended.countDown();
            place.remove();
        }
        LastFlush.close(volume);
    }
}
