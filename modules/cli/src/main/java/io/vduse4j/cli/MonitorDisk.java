package io.vduse4j.cli;

import io.vduse4j.Disk;
import io.vduse4j.VhostUserDisk;
import io.vduse4j.block.Backend;
import io.vduse4j.daemon.ServedDisk;
import io.vduse4j.linux.SocketFile;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * A disk that virtual machine monitors find at a vhost-user socket; its device is the path of the socket.
 *
 * @param place where the socket is, unless it was passed to this process
 * @param volume what is served
 * @param disk serves it
 */
record MonitorDisk(Optional<SocketPlace> place, Backend volume, VhostUserDisk disk) implements ServedDisk {

    /**
     * Serves a volume. The socket comes first, so that no file is made where nothing can be served.
     *
     * @throws IOException if that is not possible; nothing is left behind then
     */
    static MonitorDisk serve(RunSettings settings, Disk.Builder wishes, VolumeSource source) throws IOException {
        if (settings.passed().isPresent()) {
            var passed = settings.passed().get();
            var socket = passed.open(System.getenv(), ProcessHandle.current().pid());
            return serve(Optional.empty(), socket, wishes, source);
        }
        var place = SocketPlace.of(settings, "vhost-user-blk");
        try {
            return serve(Optional.of(place), SocketFile.listen(place.path()), wishes, source);
        } catch (Throwable failure) {
            DiskServer.closeAfter(failure, place::remove);
            throw failure;
        }
    }

    private static MonitorDisk serve(
            Optional<SocketPlace> place, SocketFile file, Disk.Builder wishes, VolumeSource source) throws IOException {
        Backend volume;
        try {
            volume = source.open();
        } catch (Throwable failure) {
            DiskServer.closeAfter(failure, file);
            throw failure;
        }
        try {
            return new MonitorDisk(place, volume, wishes.listen(file, volume));
        } catch (Throwable failure) {
            DiskServer.closeAfter(failure, volume);
            throw failure;
        }
    }

    @Override
    public String device() {
        return disk.socket().toString();
    }

    @Override
    public long size() {
        return disk.size();
    }

    @Override
    public String backend() {
        return volume.describe();
    }

    @Override
    public Optional<String> lost() {
        return volume.lost();
    }

    @Override
    public boolean awaitEnd(Duration timeout) throws InterruptedException {
        return disk.awaitEnd(timeout);
    }

    @Override
    public boolean isBroken() {
        return false;
    }

    @Override
    public boolean isInUse() {
        return disk.isInUse();
    }

    @Override
    public void resize(long bytes) throws IOException {
        volume.resize(bytes);
    }

    /** A volume that workers may still use is made stable but not closed; the process is about to end. */
    @Override
    public void close() throws IOException {
        try {
            disk.close();
        } catch (IOException left) {
            DiskServer.closeAfter(left, () -> LastFlush.of(volume));
            throw left;
        } finally {
            if (place.isPresent()) {
                place.get().remove();
            }
        }
        LastFlush.close(volume);
    }
}
