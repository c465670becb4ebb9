package io.vduse4j.embedded.virtio;

import io.vduse4j.embedded.vdpa.VdpaBusDriver;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The bus driver {@code virtio_vdpa}: makes a disk of every block device that it is given, and says to the daemon what
 * Linux says, in the same order (kernel-behaviour 7). A device of another type is acknowledged and left alone, as by a
 * Linux without a driver for it.
 *
 * <p>Two things differ, because Linux waits for ever there: the first read and a removal have a time limit, of {@link
 * VirtioVdpaOptions}.
 *
 * <p>{@link #probe} and what it returns belong to the vdpa bus; all else to any thread.
 */
public final class VirtioVdpa implements VdpaBusDriver {

    private static final System.Logger LOG = System.getLogger(VirtioVdpa.class.getName());

    /** VIRTIO_ID_BLOCK. */
    private static final int BLOCK = 2;

    /** What a scan for partitions reads first: one page. */
    private static final int SCAN_BYTES = 4096;

    private final VirtioVdpaOptions options;
    private final Map<String, EmbeddedBlockDevice> disks = new HashMap<>();

    /** Makes a driver without devices. */
    public VirtioVdpa(VirtioVdpaOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "virtio_vdpa";
    }

    /** The disk of a device, if there is one now. */
    public Optional<EmbeddedBlockDevice> disk(String name) {
        synchronized (disks) {
            return Optional.ofNullable(disks.get(name));
        }
    }

    /**
     * Waits until a device has become a disk.
     *
     * @param name name of the device
     * @param limit how long
     * @throws LinuxException ETIMEDOUT if it does not, EINTR if the thread is interrupted
     */
    public EmbeddedBlockDevice awaitDisk(String name, Duration limit) throws LinuxException {
        long end = System.nanoTime() + limit.toNanos();
        synchronized (disks) {
            while (!disks.containsKey(name)) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    throw new LinuxException("wait for the disk", name, Errno.ETIMEDOUT, "none after " + limit);
                }
                try {
                    disks.wait(left / 1_000_000 + 1);
                } catch (InterruptedException stopped) {
                    Thread.currentThread().interrupt();
                    throw new LinuxException("wait for the disk", name, Errno.EINTR);
                }
            }
            return disks.get(name);
        }
    }

    @Override
    public Binding probe(VdpaOps device) throws LinuxException {
        var core = new VirtioCore(device);
        core.register();
        if (device.deviceId() != BLOCK) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: no driver for virtio device id {1}",
                    device.name(),
                    device.deviceId());
            return () -> {};
        }
        var probe = new BlkProbe(device, options);
        BlkDisk disk;
        try {
            disk = probe.setUp(core.negotiate(BlkProbe.FEATURES));
        } catch (LinuxException | RuntimeException problem) {
            probe.removeQueues();
            core.fail();
            throw problem;
        }
        if (core.ready()) {
            scan(disk);
        } else if (!core.ready()) {
            // Linux asks again after the probe (VI), and then keeps a disk whose first read never ends.
            probe.queues().end(Errno.EIO, "the daemon refuses DRIVER_OK");
        }
        synchronized (disks) {
            disks.put(device.name(), disk);
            disks.notifyAll();
        }
        return new Binding() {
            @Override
            public void remove() {
                VirtioVdpa.this.remove(device, core, probe, disk);
            }

            @Override
            public Optional<VdpaConsumer> consumer() {
                return Optional.of(new VdpaConsumer("embedded:" + disk.name(), OptionalLong.of(disk.size())));
            }
        };
    }

    /** Step 10: looks for partitions, as far as one can see that the device serves its rings. */
    private void scan(BlkDisk disk) {
        long bytes =
                Math.min(disk.size() - disk.size() % disk.blockSize(), Math.max(SCAN_BYTES, NativeMemory.pageSize()));
        if (bytes == 0) {
            return;
        }
        try {
            disk.read(0, MemorySegment.ofArray(new byte[(int) bytes]), options.scanTimeout());
        } catch (LinuxException failed) {
            LOG.log(System.Logger.Level.WARNING, "{0}: the first read failed: {1}", disk.name(), failed.getMessage());
        }
    }

    /** Kernel-behaviour 7.2: what is in flight ends before the device is reset. */
    private void remove(VdpaOps device, VirtioCore core, BlkProbe probe, BlkDisk disk) {
        synchronized (disks) {
            disks.remove(device.name(), disk);
        }
        BlkQueues queues = probe.queues();
        queues.refuse(Errno.ENODEV, "the disk was removed");
        if (!queues.drain(System.nanoTime() + options.removeTimeout().toNanos())) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: requests were not done {1} after the removal was asked for, and fail",
                    device.name(),
                    options.removeTimeout());
        }
        device.reset();
        queues.end(Errno.ENODEV, "the disk was removed");
        queues.release();
        probe.removeQueues();
        core.acknowledge();
    }
}
