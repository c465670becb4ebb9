package io.vduse4j.testkit;

import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * A load on one queue of a block device: random or sequential requests of one size, as many in flight as asked for,
 * published in batches. Nothing is allocated for a request, and nothing is verified but its status. One thread at a time.
 */
public final class BlkLoad {

    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Header and status have a place of this size before the data, so that the data is aligned as Linux aligns it. */
    private static final int HEAD_BYTES = 4096;

    private static final int STATUS = BlkRequest.HEADER_BYTES;

    private final VirtqueueDriver ring;
    private final DriverArea area;
    private final QueueSignals signals;
    private final Shape shape;
    private final SplittableRandom random;
    private final ChainBuffers buffers = new ChainBuffers();
    private final int[] placeOfHead;
    private final long[] since;
    private final int[] free;
    private int freeCount;
    private long nextBlock;

    /**
     * What is asked for.
     *
     * @param depth most requests in flight, from 1 on
     * @param bytes of a request, a multiple of 512
     * @param blocks the requests fall on so many pieces of that size, from sector 0 on
     * @param writePercent how many of a hundred requests write
     * @param random whether they fall anywhere; if not, one behind the other
     * @param polls whether the driver looks for completions all the time and wants no interrupts
     */
    public record Shape(int depth, int bytes, long blocks, int writePercent, boolean random, boolean polls) {

        /** Refuses what makes no sense. */
        public Shape {
            if (depth < 1 || bytes < 1 || bytes % BlkRequest.SECTOR_BYTES != 0 || blocks < 1) {
                throw new IllegalArgumentException(depth + " requests of " + bytes + " bytes on " + blocks + " blocks");
            }
        }

        /** Bytes of memory that it takes. */
        public long areaBytes() {
            return (long) depth * (HEAD_BYTES + bytes);
        }
    }

    /**
     * Prepares a load.
     *
     * @param ring the queue, that nobody else uses; with three descriptors for each request in flight
     * @param area memory for requests, at least {@link Shape#areaBytes}
     * @param signals kicks and interrupts of the queue
     * @param shape what is asked for
     * @param seed of the random numbers
     */
    public BlkLoad(VirtqueueDriver ring, DriverArea area, QueueSignals signals, Shape shape, long seed) {
        if (area.bytes() < shape.areaBytes() || ring.rings().size() < 3 * shape.depth()) {
            throw new IllegalArgumentException(shape + " takes " + shape.areaBytes() + " bytes and " + 3 * shape.depth()
                    + " descriptors; there are " + area.bytes() + " and "
                    + ring.rings().size());
        }
        this.ring = ring;
        this.area = area;
        this.signals = signals;
        this.shape = shape;
        random = new SplittableRandom(seed);
        placeOfHead = new int[ring.rings().size()];
        since = new long[shape.depth()];
        free = new int[shape.depth()];
        for (int place = 0; place < shape.depth(); place++) {
            free[freeCount++] = place;
        }
    }

    /**
     * Runs, and waits for everything that it has begun.
     *
     * @param time for how long new requests are made
     * @param latency told the nanoseconds from the publication of each request to its completion
     * @param patience how long the device may be silent
     * @return requests done
     * @throws DeviceFaultException if a request fails, or the device breaks the queue or is silent
     */
    public long run(Duration time, LongConsumer latency, Duration patience) {
        long done = 0;
        long end = System.nanoTime() + time.toNanos();
        long silentUntil = System.nanoTime() + patience.toNanos();
        if (shape.polls()) {
            ring.disableInterrupts();
        }
        boolean more = true;
        while (more || freeCount < shape.depth()) {
            long now = System.nanoTime();
            more = more && now - end < 0;
            int taken = take(now, latency);
            done += taken;
            if (more && freeCount > 0) {
                submit(now);
            }
            if (taken > 0) {
                silentUntil = now + patience.toNanos();
            } else if (now - silentUntil > 0) {
                throw new DeviceFaultException("nothing is done after " + patience);
            } else if (shape.polls()) {
                Thread.onSpinWait();
            } else if (freeCount < shape.depth() && !ring.enableInterrupts()) {
                signals.awaitInterrupt(patience);
            }
        }
        return done;
    }

    /** Takes everything that has come back. */
    private int take(long now, LongConsumer latency) {
        int taken = 0;
        int head;
        while ((head = ring.poll()) >= 0) {
            int place = placeOfHead[head];
            byte status = area.space().get(ValueLayout.JAVA_BYTE, host(place) + STATUS);
            if (status != BlkRequest.S_OK) {
                throw new DeviceFaultException("a request failed with status " + status);
            }
            latency.accept(now - since[place]);
            free[freeCount++] = place;
            taken++;
        }
        if (head == VirtqueueDriver.BROKEN) {
            throw new DeviceFaultException("the device broke the queue: " + ring.brokenBecause());
        }
        return taken;
    }

    /** Makes as many requests as there is room for, in one batch. */
    private void submit(long now) {
        while (freeCount > 0) {
            int place = free[freeCount - 1];
            int head = add(place);
            if (head == VirtqueueDriver.FULL) {
                break;
            }
            freeCount--;
            placeOfHead[head] = place;
            since[place] = now;
        }
        ring.publish();
        if (ring.needsKick()) {
            signals.kick();
        }
    }

    private int add(int place) {
        long block = shape.random() ? random.nextLong(shape.blocks()) : nextBlock;
        nextBlock = block + 1 == shape.blocks() ? 0 : block + 1;
        boolean write = shape.writePercent() > 0 && random.nextInt(100) < shape.writePercent();
        long host = host(place);
        MemorySegment space = area.space();
        space.set(LE32, host + BlkRequest.TYPE, write ? BlkRequest.OUT : BlkRequest.IN);
        space.set(LE64, host + BlkRequest.SECTOR, block * (shape.bytes() / BlkRequest.SECTOR_BYTES));
        space.set(ValueLayout.JAVA_BYTE, host + STATUS, BlkResult.NO_STATUS);
        long device = area.device() + (host - area.host());
        buffers.clear();
        buffers.readable(device, BlkRequest.HEADER_BYTES);
        if (write) {
            buffers.readable(device + HEAD_BYTES, shape.bytes());
        } else {
            buffers.writable(device + HEAD_BYTES, shape.bytes());
        }
        buffers.writable(device + STATUS, 1);
        return ring.add(buffers);
    }

    private long host(int place) {
        return area.host() + place * (long) (HEAD_BYTES + shape.bytes());
    }
}
