package io.vduse4j.embedded.virtio;

import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.PackedRing;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Sets up the queues and the disk of a block device whose features are negotiated: steps 6 to 8 of kernel-behaviour 7.1,
 * and back. One thread, that of the vdpa bus.
 */
final class BlkProbe {

    /** The driver's features; bit 4 is GEOMETRY, which nobody looks at but Linux accepts. */
    static final long FEATURES = BlkFeatures.SIZE_MAX
            | BlkFeatures.SEG_MAX
            | 1L << 4
            | BlkFeatures.RO
            | BlkFeatures.BLK_SIZE
            | BlkFeatures.FLUSH
            | BlkFeatures.TOPOLOGY
            | BlkFeatures.MQ
            | BlkFeatures.DISCARD
            | BlkFeatures.WRITE_ZEROES;

    private static final int SMALLEST_QUEUE = 1 + BlkLimits.FRAME_DESCRIPTORS;

    /** State of a packed queue in {@link VdpaOps#setVqState}: both wrap counters 1, both positions 0. */
    private static final long PACKED_START = 1L << 32 | 1;

    private final VdpaOps ops;
    private final VirtioVdpaOptions options;
    private final DeviceConfig config;
    private final List<BlkQueue> queues = new ArrayList<>();

    /** Set once the queues have an owner: an interrupt that comes before finds nothing to do. */
    private final AtomicReference<BlkQueues> owner = new AtomicReference<>();

    private final AtomicReference<BlkDisk> disk = new AtomicReference<>();

    BlkProbe(VdpaOps ops, VirtioVdpaOptions options) {
        this.ops = ops;
        this.options = options;
        config = new DeviceConfig(ops);
    }

    /** Steps 6 to 8; whoever catches the exception calls {@link #removeQueues}. */
    BlkDisk setUp(long features) throws LinuxException {
        int count = queueCount(features);
        for (int i = 0; i < count; i++) {
            queues.add(setUpQueue(i, features));
        }
        ops.setConfigCallback(this::configChanged);
        int smallest = Integer.MAX_VALUE;
        long mapping = Long.MAX_VALUE;
        for (BlkQueue queue : queues) {
            smallest = Math.min(smallest, queue.size());
            mapping = Math.min(mapping, ops.domain(queue.index()).maxMappingSize());
        }
        BlkLimits limits = BlkLimits.read(ops.name(), config, features, smallest, mapping);
        var all = new BlkQueues(ops, limits, queues);
        var made = new BlkDisk(ops.name(), limits, all, options.submitTimeout(), capacity());
        owner.set(all);
        disk.set(made);
        return made;
    }

    /** The queues of the disk that was set up. */
    BlkQueues queues() {
        return owner.get();
    }

    private long capacity() {
        return config.field(BlkConfig.CAPACITY, 8);
    }

    /** Linux looks at the capacity only. */
    private void configChanged() {
        BlkDisk there = disk.get();
        if (there != null) {
            there.resize(capacity());
        }
    }

    private int queueCount(long features) throws LinuxException {
        if ((features & BlkFeatures.MQ) == 0) {
            return 1;
        }
        int offered = (int) config.field(BlkConfig.NUM_QUEUES, 2);
        if (offered == 0) {
            throw refused(Errno.EINVAL, "it offers multi-queue and no queue");
        }
        return Math.min(offered, options.cpus());
    }

    /** Step 7 for one queue. */
    private BlkQueue setUpQueue(int index, long features) throws LinuxException {
        if (index >= ops.vqCount() || ops.vqReady(index)) {
            throw refused(Errno.ENOENT, "queue " + index + " is not there, or in use");
        }
        int size = ops.vqSize(index);
        if (size == 0) {
            throw refused(Errno.ENOENT, "queue " + index + " has no entries");
        }
        int alignment = ops.vqAlign();
        boolean packed = (features & VirtioFeatures.RING_PACKED) != 0;
        boolean fits = packed ? PackedRing.isValidSize(size) : SplitRing.isValidSize(size) && isAlignment(alignment);
        if (!fits || size < SMALLEST_QUEUE) {
            throw refused(Errno.EINVAL, "queue " + index + " has " + size + " entries, aligned to " + alignment);
        }
        DmaDomain domain = ops.domain(index);
        DmaDomain.Coherent memory = domain.allocateCoherent(RingAddresses.bytes(packed, size, alignment));
        if (memory == null) {
            throw refused(Errno.ENOMEM, "no room for the ring of queue " + index);
        }
        var rings = RingAddresses.contiguous(packed, size, alignment, 0, memory.iova());
        var ring = VirtqueueDriver.of(memory.memory(), rings, features, VirtqueueState.start(packed));
        var queue = new BlkQueue(index, memory, ring, features);
        ops.setVqCallback(index, new VqCallback.Interrupt(() -> interrupt(queue)));
        ops.setVqNum(index, size);
        ops.setVqAddress(index, rings.desc(), rings.driver(), rings.device());
        ops.setVqState(index, packed ? PACKED_START : 0);
        ops.setVqReady(index, true);
        return queue;
    }

    private static boolean isAlignment(int alignment) {
        return alignment >= 4 && Integer.bitCount(alignment) == 1;
    }

    private void interrupt(BlkQueue queue) {
        BlkQueues all = owner.get();
        if (all != null) {
            all.interrupt(queue);
        }
    }

    /** Takes the queues away: they are not used any more, and the device is reset or was never ready. */
    void removeQueues() {
        for (BlkQueue queue : queues) {
            queue.close();
            ops.setVqReady(queue.index(), false);
            ops.setVqCallback(queue.index(), null);
            ops.domain(queue.index()).freeCoherent(queue.memory());
        }
        queues.clear();
        ops.setConfigCallback(null);
    }

    private LinuxException refused(int errno, String why) {
        return new LinuxException("probe virtio-blk", ops.name(), errno, why);
    }
}
