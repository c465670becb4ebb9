package io.vduse4j.cli;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.block.Backend;
import io.vduse4j.daemon.ServedDisk;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.time.Duration;

/** Serves disks through the facade of the library. */
record DiskServer(Console console, Ground ground) implements DiskServing {

    /**
     * {@inheritDoc}
     *
     * <p>The host comes first, so that no file is made where no disk can be served. Where nothing would be made, what is
     * wrong with the backend is the better news.
     */
    @Override
    public ServedDisk serve(RunSettings settings) throws IOException {
        return switch (settings.door()) {
            case VDUSE -> serveByHost(settings);
            case VHOST_USER_BLK -> MonitorDisk.serve(settings, disk(settings), () -> ground.volume(settings));
            case NBD -> NbdDisk.serve(settings, () -> ground.volume(settings));
        };
    }

    private ServedDisk serveByHost(RunSettings settings) throws IOException {
        VduseHost host;
        try {
            host = ground.host(settings);
        } catch (IOException noHost) {
            if (settings.backendOptions().size().isEmpty()) {
                ground.volume(settings).close();
            }
            throw noHost;
        }
        try {
            checkBus(settings, host);
            var disk = serve(settings, host);
            if (isEmbedded(host) && settings.host().equals("auto")) {
                console.say("this machine's VDUSE cannot be used (\"vduse check\" says why): the embedded kernel serves"
                        + " the disk, as an NBD socket");
            }
            return disk;
        } catch (Throwable failure) {
            closeAfter(failure, () -> ground.release(host));
            throw failure;
        }
    }

    private static void checkBus(RunSettings settings, VduseHost host) throws LinuxException {
        if (isEmbedded(host) && settings.bus() == Bus.VHOST) {
            throw new LinuxException(
                    "attach to vhost",
                    settings.name(),
                    Errno.EOPNOTSUPP,
                    "virtual machines need a Linux with VDUSE: the embedded kernel has no /dev/vhost-vdpa-N");
        }
    }

    private static boolean isEmbedded(VduseHost host) {
        return host.name().equals("embedded");
    }

    private ServedDisk serve(RunSettings settings, VduseHost host) throws IOException {
        var backend = ground.volume(settings);
        try {
            return new HostedDisk(
                    () -> ground.release(host), backend, disk(settings).serve(host, backend, settings.bus()));
        } catch (Throwable failure) {
            closeAfter(failure, backend);
            throw failure;
        }
    }

    private Disk.Builder disk(RunSettings settings) {
        var disk = Disk.named(settings.name())
                .queues(settings.queues())
                .queueSize(settings.queueSize())
                .serial(settings.serial())
                .pollMicros(settings.pollMicros())
                .userMemory(settings.userMemory())
                .packed(settings.packed())
                .attachTimeout(settings.attachTimeout());
        settings.workers().ifPresent(disk::workers);
        ground.workers(settings).ifPresent(disk::pool);
        settings.bounceSize().ifPresent(disk::bounceSize);
        settings.msgTimeout().ifPresent(disk::msgTimeout);
        if (!settings.pin().isEmpty()) {
            disk.pin(settings.pin().stream().mapToInt(Integer::intValue).toArray());
        }
        if (console.isVerbose()) {
            disk.observer((message, done) ->
                    console.debug(settings.name() + ": " + KernelMessage.text(message) + (done ? "" : ": refused")));
        }
        return disk;
    }

    /** Closes something after a failure, which is the news. */
    static void closeAfter(Throwable failure, AutoCloseable left) {
        try {
            left.close();
        } catch (Exception second) {
            failure.addSuppressed(second);
        }
    }

    /** Gives something back. */
    private interface Release extends AutoCloseable {
        @Override
        void close();
    }

    /** All that belongs to one disk. */
    private record HostedDisk(Release release, Backend volume, Disk disk) implements ServedDisk {
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

        /** A backend that workers may still use is made stable but not closed; the process is about to end. */
        @Override
        public void close() throws IOException {
            try {
                disk.close();
            } catch (IOException left) {
                closeAfter(left, this::flush);
                throw left;
            }
            try (release;
                    volume) {
                flush();
            }
        }

        private void flush() throws IOException {
            if (!volume.limits().readOnly()) {
                volume.flush();
            }
        }
    }
}
