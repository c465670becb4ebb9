package io.vduse4j.cli;

import io.vduse4j.Disk;
import io.vduse4j.block.Backend;
import io.vduse4j.daemon.ServedDisk;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * A disk of a host's VDUSE, and all that belongs to it.
 *
 * @param console told when the device is left
 * @param settings what was asked for
 * @param release gives the host back
 * @param volume what is served
 * @param disk serves it
 */
record HostedDisk(Console console, RunSettings settings, Release release, Backend volume, Disk disk)
        implements ServedDisk {
    /** Gives something back. */
    interface Release extends AutoCloseable {
        @Override
        void close();
    }

    /** A step that ends the disk. */
    private interface End {
        void run() throws IOException;
    }

    @Override
    public String device() {
        return disk.device();
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
        return disk.isBroken();
    }

    @Override
    public boolean isInUse() {
        return DeviceUse.isClaimed(device());
    }

    @Override
    public void resize(long bytes) throws IOException {
        volume.resize(bytes);
    }

    @Override
    public void close() throws IOException {
        end(disk::close);
    }

    /** Without {@code --keep}, and of a device that nobody can go on with, nothing is left. */
    @Override
    public void leave() throws IOException {
        if (!settings.keep() || isOver()) {
            close();
            return;
        }
        end(disk::leave);
        console.say(Leftover.text(settings));
    }

    private boolean isOver() {
        try {
            return disk.isBroken() || disk.awaitEnd(Duration.ZERO);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A backend that workers may still use is made stable but not closed; the process is about to end. */
    private void end(End end) throws IOException {
        try {
            end.run();
        } catch (IOException left) {
            DiskServer.closeAfter(left, () -> LastFlush.of(volume));
            throw left;
        }
        try (release) {
            LastFlush.close(volume);
        }
    }
}
