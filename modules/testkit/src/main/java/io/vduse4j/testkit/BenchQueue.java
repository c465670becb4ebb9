package io.vduse4j.testkit;

import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.VirtqueueDriver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/** One queue of a device on the bench: a request of bytes at a time. One thread at a time. */
final class BenchQueue {

    private final VirtqueueDriver ring;
    private final DriverArea area;
    private final EventFdSignals signals;
    private final ChainBuffers buffers = new ChainBuffers();

    BenchQueue(VirtqueueDriver ring, DriverArea area, EventFdSignals signals) {
        this.ring = ring;
        this.area = area;
        this.signals = signals;
    }

    byte[] request(byte[] readable, int writable, Duration timeout) {
        if (writable < 0 || readable.length + writable == 0 || (long) readable.length + writable > area.bytes()) {
            throw new IllegalArgumentException("a request of " + readable.length + " readable and " + writable
                    + " writable bytes; it has 1 to " + area.bytes());
        }
        MemorySegment memory = area.space().asSlice(area.host(), area.bytes());
        memory.fill((byte) 0);
        MemorySegment.copy(readable, 0, memory, ValueLayout.JAVA_BYTE, 0, readable.length);
        buffers.clear();
        if (readable.length > 0) {
            buffers.readable(area.device(), readable.length);
        }
        if (writable > 0) {
            buffers.writable(area.device() + readable.length, writable);
        }
        if (ring.add(buffers) == VirtqueueDriver.FULL) {
            throw new IllegalArgumentException("the queue has " + ring.freeDescriptors() + " free descriptors");
        }
        ring.publish();
        if (ring.needsKick()) {
            signals.kick();
        }
        await(timeout);
        return memory.asSlice(readable.length, ring.usedLength()).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Waits for the request that was made last. */
    void await(Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        int head;
        while ((head = ring.poll()) == VirtqueueDriver.NOTHING) {
            if (ring.enableInterrupts()) {
                continue;
            }
            long left = end - System.nanoTime();
            if (left <= 0 || !signals.awaitInterrupt(Duration.ofNanos(left))) {
                throw new DeviceFaultException(
                        ring.enableInterrupts()
                                ? "done, but the interrupt for it is missing after " + timeout + " (VS-14)"
                                : "the request is not done after " + timeout);
            }
        }
        if (head == VirtqueueDriver.BROKEN) {
            throw new DeviceFaultException("the device broke the queue: " + ring.brokenBecause());
        }
    }
}
