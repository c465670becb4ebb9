package io.vduse4j.embedded;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vduse4j.embedded.vdpa.DmaDomain.Coherent;
import io.vduse4j.embedded.vdpa.DmaDomain.Direction;
import io.vduse4j.embedded.vdpa.VdpaBusDriver;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A block driver with one queue and one request at a time: enough to see a device work. */
final class TinyBlkDriver implements VdpaBusDriver {
    private static final int OK = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER | DeviceStatus.FEATURES_OK;
    private static final long WANTED =
            VirtioFeatures.VERSION_1 | VirtioFeatures.ACCESS_PLATFORM | VirtioFeatures.RING_EVENT_IDX;

    private final Semaphore interrupts = new Semaphore(0);
    private VdpaOps device;
    private VirtqueueDriver queue;
    private Coherent ring;

    @Override
    public String name() {
        return "virtio_vdpa";
    }

    @Override
    public Binding probe(VdpaOps found) throws LinuxException {
        device = found;
        device.reset();
        device.setStatus(DeviceStatus.ACKNOWLEDGE);
        device.setStatus(DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER);
        long features = device.deviceFeatures() & WANTED;
        device.setDriverFeatures(features);
        device.setStatus(OK);
        if (device.status() != OK) {
            throw new LinuxException("probe", device.name(), Errno.ENODEV, "features refused");
        }
        int size = device.vqSize(0);
        ring = device.domain(0).allocateCoherent(RingAddresses.bytes(size, device.vqAlign()));
        var rings =
                RingAddresses.contiguous(size, device.vqAlign(), ring.memory().address(), ring.iova());
        queue = VirtqueueDriver.of(NativeMemory.ALL, rings, features, VirtqueueState.split(0));
        device.setVqCallback(0, new VqCallback.Interrupt(interrupts::release));
        device.setVqNum(0, size);
        device.setVqAddress(0, rings.desc(), rings.driver(), rings.device());
        device.setVqState(0, 0);
        device.setVqReady(0, true);
        device.setStatus(OK | DeviceStatus.DRIVER_OK);
        return this::remove;
    }

    private void remove() {
        device.reset();
        device.domain(0).freeCoherent(ring);
        device.setStatus(DeviceStatus.ACKNOWLEDGE);
    }

    /** One request. @return its status byte */
    int request(int type, long sector, MemorySegment data) throws InterruptedException {
        var domain = device.domain(0);
        var header = Raw.zeros(BlkRequest.HEADER_BYTES);
        header.set(JAVA_INT_UNALIGNED, BlkRequest.TYPE, type);
        header.set(JAVA_LONG_UNALIGNED, BlkRequest.SECTOR, sector);
        var status = Raw.zeros(1);
        status.set(JAVA_BYTE, 0, (byte) -1);
        var direction = type == BlkRequest.OUT ? Direction.TO_DEVICE : Direction.FROM_DEVICE;
        long headerIova = domain.map(header, Direction.TO_DEVICE);
        long dataIova = domain.map(data, direction);
        long statusIova = domain.map(status, Direction.FROM_DEVICE);
        var buffers = new ChainBuffers().readable(headerIova, header.byteSize());
        if (type == BlkRequest.OUT) {
            buffers.readable(dataIova, data.byteSize());
        } else {
            buffers.writable(dataIova, data.byteSize());
        }
        int head = queue.add(buffers.writable(statusIova, 1));
        queue.publish();
        if (queue.needsKick()) {
            device.kickVq(0);
        }
        int done = queue.poll();
        while (done == VirtqueueDriver.NOTHING) {
            if (!queue.enableInterrupts() && !interrupts.tryAcquire(20, TimeUnit.SECONDS)) {
                throw new AssertionError("no interrupt");
            }
            done = queue.poll();
        }
        if (done != head) {
            throw new AssertionError(done + " " + queue.brokenBecause());
        }
        domain.unmap(headerIova, header, Direction.TO_DEVICE);
        domain.unmap(dataIova, data, direction);
        domain.unmap(statusIova, status, Direction.FROM_DEVICE);
        return Raw.u8(status, 0);
    }
}
