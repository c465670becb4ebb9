package io.vduse4j.block;

import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.virtio.HandlerContext;
import io.vduse4j.virtio.QueueHandler;
import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.WritableConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * The virtio block device over a backend. It knows no door: a transport brings it to a driver.
 *
 * <p>What it offers follows from what the backend can do. The cache mode is the driver's choice by accepting FLUSH or not
 * (DU-02); where the configuration space can be written it may also switch the cache while it runs.
 */
public final class VirtioBlk implements VirtioDevice, AutoCloseable {

    /** Device id of a block device (virtio 1.3, 5.2). */
    public static final int DEVICE_ID = 2;

    /** Longest wait for a flush that is under way when the disk is closed. */
    private static final Duration FLUSH_DEADLINE = Duration.ofSeconds(5);

    private final Backend backend;
    private final BlkShape shape;
    private final FlushCoalescer flushes;
    private final WriteCache cache;

    /**
     * Makes a disk.
     *
     * @param backend where its bytes are; stays the caller's and must outlive the disk. One that needs private buffers is
     *     wrapped here
     * @param options how it shows itself
     * @param budget pays for those buffers
     * @throws IllegalArgumentException if an option is out of its range
     */
    public VirtioBlk(Backend backend, BlkOptions options, MemoryBudget budget) {
        this.backend = backend.limits().needsCopy() ? CopyingBackend.always(backend, budget) : backend;
        shape = new BlkShape(this.backend.limits(), options);
        flushes = new FlushCoalescer(this.backend);
        cache = new WriteCache(this::config, !shape.limits().readOnly(), flushes);
    }

    @Override
    public int deviceId() {
        return DEVICE_ID;
    }

    @Override
    public long features() {
        return shape.features();
    }

    @Override
    public int queues() {
        return shape.options().queues();
    }

    @Override
    public int maxQueueSize() {
        return shape.options().queueSize();
    }

    @Override
    public byte[] config() {
        return shape.config(backend.size());
    }

    @Override
    public Optional<WritableConfig> writableConfig() {
        return Optional.of(cache);
    }

    @Override
    public void onConfigChange(Runnable listener) {
        backend.onResize(_ -> listener.run());
    }

    @Override
    public QueueHandler handler(HandlerContext context, long features) throws IOException {
        return new BlkHandler(backend, shape, flushes, context, new WriteMode(features, cache));
    }

    /**
     * Ends the thread that flushes; no session may be left.
     *
     * @throws IOException ETIMEDOUT if the backend does not come back from a flush
     */
    @Override
    public void close() throws IOException {
        flushes.close(FLUSH_DEADLINE);
    }
}
