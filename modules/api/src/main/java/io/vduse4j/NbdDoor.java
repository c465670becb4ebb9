package io.vduse4j;

import io.vduse4j.embedded.vdpa.VdpaBusDriver;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.virtio.EmbeddedBlockDevice;
import io.vduse4j.embedded.virtio.VirtioVdpa;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.nbd.NbdLimits;
import io.vduse4j.nbd.NbdServer;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * The driver {@code virtio_vdpa} of an embedded kernel, whose disks come out as NBD sockets: what {@code devtmpfs} is to
 * Linux. A socket is there as long as its disk.
 */
final class NbdDoor implements VdpaBusDriver {

    private static final Logger LOG = System.getLogger(NbdDoor.class.getName());

    /** For the clients' last replies, while the disk is still served. */
    private static final Duration LAST_REPLIES = Duration.ofSeconds(2);

    private final VirtioVdpa virtio;
    private final Function<String, Path> sockets;

    /**
     * Opens doors for the disks of a driver.
     *
     * @param sockets where the socket of a disk is, by its name; asked when there is one
     */
    NbdDoor(VirtioVdpa virtio, Function<String, Path> sockets) {
        this.virtio = virtio;
        this.sockets = sockets;
    }

    @Override
    public String name() {
        return virtio.name();
    }

    @Override
    public Binding probe(VdpaOps device) throws LinuxException {
        Binding binding = virtio.probe(device);
        Optional<EmbeddedBlockDevice> disk = virtio.disk(device.name());
        if (disk.isEmpty()) {
            return binding; // not a block device
        }
        try {
            return open(binding, disk.get());
        } catch (LinuxException | RuntimeException failure) {
            binding.remove();
            throw failure;
        }
    }

    private Binding open(Binding binding, EmbeddedBlockDevice disk) throws LinuxException {
        NbdServer server;
        Path socket = sockets.apply(disk.name());
        try {
            server = NbdServer.listen(socket, NbdLimits.DEFAULT);
        } catch (LinuxException failure) {
            throw failure;
        } catch (IOException failure) {
            throw new LinuxException("listen", socket.toString(), Errno.EIO, failure.getMessage());
        }
        server.add(disk.name(), new DiskExport(disk));
        return new Binding() {
            @Override
            public void remove() {
                try {
                    server.stop(LAST_REPLIES);
                } catch (IOException late) {
                    LOG.log(Level.WARNING, disk.name() + ": clients have requests in flight, which fail", late);
                }
                binding.remove();
            }

            @Override
            public Optional<VdpaConsumer> consumer() {
                return Optional.of(new VdpaConsumer(server.uri(disk.name()), OptionalLong.of(disk.size())));
            }
        };
    }
}
