package io.vduse4j.cli;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.block.Backend;
import io.vduse4j.daemon.ServedDisk;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;

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

    /** A device that is left must outlive this process, and so must what was written to it (P1). */
    private static void checkKeep(RunSettings settings, VduseHost host, Backend backend) throws LinuxException {
        if (!settings.keep()) {
            return;
        }
        if (isEmbedded(host) && !settings.host().contains("/")) {
            throw new LinuxException(
                    "keep",
                    settings.name(),
                    Errno.EOPNOTSUPP,
                    "the embedded kernel ends with this process: have it run in its own (\"vduse kernel --socket PATH\")"
                            + " and use --host PATH, or leave --keep out");
        }
        if (!backend.durability().survivesProcess()) {
            throw new LinuxException(
                    "keep",
                    settings.name(),
                    Errno.EOPNOTSUPP,
                    "nobody could go on with " + backend.describe() + ": "
                            + backend.durability().reason() + "; leave --keep out");
        }
    }

    private static boolean isEmbedded(VduseHost host) {
        return host.name().equals("embedded");
    }

    private ServedDisk serve(RunSettings settings, VduseHost host) throws IOException {
        var backend = ground.volume(settings);
        try {
            checkKeep(settings, host, backend);
            var disk = disk(settings).serve(host, backend, settings.bus());
            return new HostedDisk(console, settings, () -> ground.release(host), backend, disk);
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
}
