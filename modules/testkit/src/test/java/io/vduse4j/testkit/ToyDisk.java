package io.vduse4j.testkit;

import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.GuestMemory;
import io.vduse4j.virtio.InFlight;
import io.vduse4j.virtio.MemorySource;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.Virtqueue;
import io.vduse4j.virtio.VirtqueueState;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A block device on a thread of its own, right or wrong in one way: what the driver of this module is tested with. */
final class ToyDisk implements QueueSignals, MemorySource, AutoCloseable {

    static final long FEATURES = VirtioFeatures.RING_EVENT_IDX | VirtioFeatures.RING_INDIRECT_DESC;
    static final long DEVICE = 0x7000_0000L;
    static final int SECTORS = 4096;

    /** What the disk does wrong. */
    enum Sin {
        NONE,
        WRITES_BEFORE_THE_DATA,
        WRITES_BEHIND_THE_STATUS,
        WRITES_THE_HEADER,
        WRITES_THE_TABLE,
        NO_STATUS,
        SHORT_LENGTH,
        LONG_LENGTH,
        NO_INTERRUPT,
        NEVER_DONE,
        FLIPS_A_BIT,
        FORGETS_A_WRITE,
        ZEROES_TOO_LITTLE
    }

    final MemorySegment space = Arena.ofAuto().allocate(8 << 20, 4096);
    private final GuestMemory memory = GuestMemory.of(
            space,
            1,
            List.of(new GuestMemory.Region(
                    DEVICE, DEVICE + space.byteSize() - 1, 0, GuestMemory.READ | GuestMemory.WRITE)));
    private final byte[] content = new byte[SECTORS * BlkRequest.SECTOR_BYTES];
    private final MemorySegment header = Arena.ofAuto().allocate(BlkRequest.HEADER_BYTES, 8);
    private final Semaphore kicks = new Semaphore(0);
    private final Semaphore interrupts = new Semaphore(0);
    private final RingAddresses rings;
    private final Virtqueue queue;
    private final MemorySegment[] pieces;
    private final Sin sin;
    private final Thread thread;
    private volatile boolean over;

    ToyDisk(int size, Sin sin) {
        this.sin = sin;
        rings = RingAddresses.contiguous(size, 4096, 0, DEVICE);
        Chain[] slots = new Chain[size];
        pieces = new MemorySegment[size];
        for (int i = 0; i < size; i++) {
            pieces[i] = Arena.ofAuto().allocate((size + 4L) * Chain.PIECE_BYTES, 16);
            slots[i] = new Chain(i, 0, pieces[i]);
        }
        queue = Virtqueue.of(0, size, FEATURES, VirtqueueState.split(0), this, InFlight.NONE, slots);
        thread = new Thread(this::serve, "toy disk");
    }

    /** The queue's place, and memory for requests behind it. */
    RingAddresses rings() {
        return rings;
    }

    DriverArea area() {
        long offset = 1 << 20;
        return new DriverArea(space, offset, DEVICE + offset, space.byteSize() - offset);
    }

    /** To be called when the driver has made its side of the queue. */
    void start() {
        if (!queue.attach(rings.desc(), rings.driver(), rings.device())) {
            throw new IllegalStateException("rings");
        }
        thread.start();
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public GuestMemory resolve(long address) {
        return memory;
    }

    @Override
    public void kick() {
        kicks.release();
    }

    @Override
    public boolean awaitInterrupt(Duration timeout) {
        try {
            boolean came = interrupts.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS);
            interrupts.drainPermits();
            return came;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void serve() {
        while (!over) {
            if (!queue.enableKicks()) {
                kicks.acquireUninterruptibly();
                continue;
            }
            for (Chain chain = queue.take(); chain != null; chain = queue.take()) {
                if (chain.fault() != null) {
                    throw new IllegalStateException("the driver sent a bad chain: " + chain.fault());
                }
                if (sin == Sin.NEVER_DONE) {
                    continue;
                }
                queue.push(chain, handle(chain));
            }
            if (queue.hasUnpublished()) {
                queue.publish();
                if (queue.wantsInterrupt() && sin != Sin.NO_INTERRUPT) {
                    interrupts.release();
                }
            }
        }
    }

    private long handle(Chain chain) {
        long readable = base(chain, chain.readableIov());
        chain.setLastAside();
        chain.consume(header, BlkRequest.HEADER_BYTES);
        long bytes = chain.writableBytes();
        byte status = perform(chain, header.get(ValueLayout.JAVA_INT, 0), header.get(ValueLayout.JAVA_LONG, 8));
        if (sin != Sin.NO_STATUS) {
            chain.writeLast(status);
        }
        switch (sin) {
            case WRITES_BEFORE_THE_DATA -> poke(base(chain, chain.writableIov()) - 1);
            case WRITES_BEHIND_THE_STATUS -> poke(chain.lastWritable() + 1);
            case WRITES_THE_HEADER -> poke(readable + 3);
            case WRITES_THE_TABLE -> poke(readable - 5);
            default -> {}
        }
        return sin == Sin.SHORT_LENGTH ? 1 : sin == Sin.LONG_LENGTH ? bytes + 2 : bytes + 1;
    }

    private void poke(long at) {
        space.set(ValueLayout.JAVA_BYTE, at, (byte) 0x11);
    }

    /** Where an iovec of a chain points. */
    private long base(Chain chain, long iov) {
        MemorySegment own = pieces[chain.slot()];
        return own.get(ValueLayout.JAVA_LONG, iov - own.address());
    }

    private byte perform(Chain chain, int type, long sector) {
        int at = (int) sector * BlkRequest.SECTOR_BYTES;
        switch (type) {
            case BlkRequest.IN -> {
                byte[] data = Arrays.copyOfRange(content, at, at + (int) chain.writableBytes());
                if (sin == Sin.FLIPS_A_BIT) {
                    data[data.length - 1] ^= 4;
                }
                fill(chain, data);
            }
            case BlkRequest.OUT -> {
                int length = (int) chain.readableBytes();
                MemorySegment data = Arena.ofAuto().allocate(length);
                chain.consume(data, length);
                if (sin != Sin.FORGETS_A_WRITE || sector % 7 != 0) {
                    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, content, at, length);
                }
            }
            case BlkRequest.GET_ID -> fill(chain, Arrays.copyOf("toy".getBytes(StandardCharsets.US_ASCII), 20));
            case BlkRequest.DISCARD, BlkRequest.WRITE_ZEROES -> {
                chain.consume(header, BlkRequest.SEGMENT_BYTES);
                int from = (int) header.get(ValueLayout.JAVA_LONG, 0) * BlkRequest.SECTOR_BYTES;
                int length = header.get(ValueLayout.JAVA_INT, 8) * BlkRequest.SECTOR_BYTES;
                int less = sin == Sin.ZEROES_TOO_LITTLE ? 1 : 0;
                Arrays.fill(content, from, from + length - less, (byte) 0);
            }
            case BlkRequest.FLUSH -> {}
            default -> {
                return BlkRequest.S_UNSUPP;
            }
        }
        return BlkRequest.S_OK;
    }

    private static void fill(Chain chain, byte[] data) {
        chain.fill(MemorySegment.ofArray(data));
    }

    @Override
    public void close() {
        over = true;
        kicks.release();
        try {
            if (!thread.join(Duration.ofSeconds(20))) {
                throw new IllegalStateException("the toy disk does not end");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
