package io.vduse4j.testkit.load;

import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.QueueSignals;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.function.LongConsumer;

/**
 * Keeps one queue of a disk at a depth. One thread's own; in steady state it allocates nothing and makes one kick a
 * batch.
 */
public final class LoadQueue {

    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Header and status of a request, in front of the data of all: a line of the cache, as a kernel would give them. */
    private static final int FRAME_BYTES = 64;

    private static final int STATUS = BlkRequest.HEADER_BYTES;

    /** A device that answers nothing for so long is broken. */
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtqueueDriver ring;
    private final DriverArea area;
    private final QueueSignals signals;
    private final LoadShape shape;
    private final boolean busy;
    private final long blocks;
    private final long firstData;
    private final long dataStep;
    private final ChainBuffers buffers = new ChainBuffers();
    private final int[] free;
    private final int[] requestOf;
    private final long[] began;
    private int freeCount;
    private long random;
    private long position;
    private long done;

    /**
     * Prepares.
     *
     * @param area {@link #areaBytes} at least
     * @param diskBytes size of the disk, at least one block of the shape
     * @param busy whether it looks for answers without end and wants no interrupts; else it sleeps until one comes
     */
    public LoadQueue(
            VirtqueueDriver ring,
            DriverArea area,
            QueueSignals signals,
            LoadShape shape,
            long diskBytes,
            boolean busy) {
        this.ring = ring;
        this.area = area;
        this.signals = signals;
        this.shape = shape;
        this.busy = busy;
        blocks = diskBytes / shape.blockBytes();
        if (blocks == 0 || areaBytes(shape) > area.bytes()) {
            throw new IllegalArgumentException("a disk of " + diskBytes + " bytes, memory of " + area.bytes());
        }
        firstData = pages((long) shape.depth() * FRAME_BYTES);
        dataStep = dataStep(shape);
        free = new int[shape.depth()];
        for (int i = 0; i < free.length; i++) {
            free[i] = i;
        }
        freeCount = free.length;
        requestOf = new int[ring.rings().size()];
        began = new long[shape.depth()];
        random = shape.seed() * 2 + 1;
    }

    /** Bytes that a queue needs for its requests. */
    public static long areaBytes(LoadShape shape) {
        return pages((long) shape.depth() * FRAME_BYTES) + shape.depth() * dataStep(shape);
    }

    /** Entries of a queue that holds all requests of a shape: three descriptors each. */
    public static int ringSize(LoadShape shape) {
        return Math.max(4, Integer.highestOneBit(3 * shape.depth() - 1) << 1);
    }

    private static long dataStep(LoadShape shape) {
        return pages(shape.blockBytes());
    }

    static long pages(long bytes) {
        return (bytes + 4095) & -4096;
    }

    /** Requests answered since it was made. */
    public long done() {
        return done;
    }

    /**
     * Keeps the queue full until the end, then waits for what is under way.
     *
     * @param end of the load, in {@link System#nanoTime}
     * @param took told what each request took, in nanoseconds
     * @throws DeviceFaultException if the device breaks the queue, fails a request, or answers nothing for 30 s
     */
    public void run(long end, LongConsumer took) {
        if (busy) {
            ring.disableInterrupts();
        }
        long now = System.nanoTime();
        long lastAnswer = now;
        boolean over = false;
        while (!over || freeCount < free.length) {
            int answered = takeAnswers(now, took);
            int added = over ? 0 : add(now);
            if (added > 0) {
                ring.publish();
                if (ring.needsKick()) {
                    signals.kick();
                }
            }
            if (answered + added == 0) {
                pause();
            }
            now = System.nanoTime();
            lastAnswer = answered > 0 ? now : lastAnswer;
            over = now - end >= 0;
            if (now - lastAnswer > SILENCE.toNanos() && freeCount < free.length) {
                throw new DeviceFaultException("no answer for " + SILENCE.toSeconds() + " s");
            }
        }
    }

    private int takeAnswers(long now, LongConsumer took) {
        int count = 0;
        int head;
        while ((head = ring.poll()) >= 0) {
            int request = requestOf[head];
            byte status = area.space().get(ValueLayout.JAVA_BYTE, frame(request) + STATUS);
            if (status != BlkRequest.S_OK) {
                throw new DeviceFaultException("a request ended with status " + status);
            }
            took.accept(now - began[request]);
            free[freeCount++] = request;
            count++;
        }
        if (head == VirtqueueDriver.BROKEN) {
            throw new DeviceFaultException("the device broke the queue: " + ring.brokenBecause());
        }
        done += count;
        return count;
    }

    private int add(long now) {
        int count = 0;
        while (freeCount > 0) {
            int request = free[freeCount - 1];
            prepare(request);
            int head = ring.add(buffers);
            if (head == VirtqueueDriver.FULL) {
                break;
            }
            freeCount--;
            requestOf[head] = request;
            began[request] = now;
            count++;
        }
        return count;
    }

    private void prepare(int request) {
        boolean read = shape.readPercent() == 100 || (next() >>> 1) % 100 < shape.readPercent();
        MemorySegment space = area.space();
        long frame = frame(request);
        space.set(LE32, frame, read ? BlkRequest.IN : BlkRequest.OUT);
        space.set(LE32, frame + 4, 0);
        space.set(LE64, frame + BlkRequest.SECTOR, block() * (shape.blockBytes() / BlkRequest.SECTOR_BYTES));
        space.set(ValueLayout.JAVA_BYTE, frame + STATUS, (byte) 0xff);
        long device = area.device() + (long) request * FRAME_BYTES;
        long data = area.device() + firstData + request * dataStep;
        buffers.clear().readable(device, BlkRequest.HEADER_BYTES);
        if (read) {
            buffers.writable(data, shape.blockBytes());
        } else {
            buffers.readable(data, shape.blockBytes());
        }
        buffers.writable(device + STATUS, 1);
    }

    private long block() {
        if (shape.random()) {
            return Math.floorMod(next() >>> 1, blocks);
        }
        position = position + 1 < blocks ? position + 1 : 0;
        return position;
    }

    /** Marsaglia's xorshift: any state but 0 leads through all others. */
    private long next() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return random;
    }

    private long frame(int request) {
        return area.host() + (long) request * FRAME_BYTES;
    }

    private void pause() {
        if (busy) {
            Thread.onSpinWait();
        } else if (!ring.enableInterrupts()) {
            // Looked at again after a second in any case: SILENCE must be noticed.
            var _ = signals.awaitInterrupt(SECOND);
        }
    }
}
