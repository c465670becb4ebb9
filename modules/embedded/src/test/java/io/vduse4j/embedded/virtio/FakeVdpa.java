package io.vduse4j.embedded.virtio;

import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.Errno;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A vdpa device that writes down what it is told, and a block device behind it. */
final class FakeVdpa implements VdpaOps, AutoCloseable {

    static final long FEATURES = VirtioFeatures.VERSION_1
            | VirtioFeatures.ACCESS_PLATFORM
            | VirtioFeatures.RING_EVENT_IDX
            | VirtioFeatures.RING_INDIRECT_DESC
            | BlkFeatures.SEG_MAX
            | BlkFeatures.SIZE_MAX
            | BlkFeatures.BLK_SIZE
            | BlkFeatures.MQ
            | BlkFeatures.FLUSH
            | BlkFeatures.DISCARD
            | BlkFeatures.WRITE_ZEROES;

    /** Made before the driver looks at the device. */
    long features = FEATURES;

    int deviceId = 2;
    int queues = 2;
    int queueSize = 64;
    int align = 4096;
    boolean asksForReady;
    int configSize = BlkConfig.BYTES;
    final FakeDomain domain;
    final Set<Integer> refused = new HashSet<>();

    /** What the daemon was told. */
    final List<String> messages = new CopyOnWriteArrayList<>();

    final ToyBlk disk;
    private final ByteBuffer config = ByteBuffer.allocate(BlkConfig.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ExecutorService irq = Executors.newSingleThreadExecutor(run -> new Thread(run, "vduse-irq"));
    private final List<ToyQueue> running = new CopyOnWriteArrayList<>();
    private final AtomicReference<Throwable> escaped = new AtomicReference<>();
    private volatile Queue[] state = new Queue[0];
    private volatile Runnable configCallback;
    private volatile int status;
    private volatile long driverFeatures;
    private final AtomicInteger generation = new AtomicInteger();

    /** What the driver has said about a queue. */
    static final class Queue {
        int num;
        long desc;
        long driver;
        long device;
        volatile boolean ready;
        volatile VqCallback callback;
        volatile ToyQueue served;
    }

    FakeVdpa(int bounceBytes, int sectors) {
        domain = new FakeDomain(bounceBytes);
        disk = new ToyBlk(sectors);
        config.putLong(BlkConfig.CAPACITY, sectors);
        config.putInt(BlkConfig.SIZE_MAX, 1 << 20);
        config.putInt(BlkConfig.SEG_MAX, 62);
        config.putInt(BlkConfig.BLK_SIZE, 512);
        config.putShort(BlkConfig.NUM_QUEUES, (short) queues);
        config.putInt(BlkConfig.MAX_DISCARD_SECTORS, 64);
        config.putInt(BlkConfig.MAX_WRITE_ZEROES_SECTORS, 64);
    }

    /** The configuration space, to be changed; see {@link #announce}. */
    ByteBuffer config() {
        return config;
    }

    /** The daemon says that the configuration has changed. */
    void announce() {
        onIrq(() -> {
            if (configCallback != null) {
                configCallback.run();
            }
        });
    }

    /** Interrupts for a queue. */
    void interrupt(int queue) {
        onIrq(() -> {
            if (state[queue].ready && state[queue].callback instanceof VqCallback.Interrupt callback) {
                callback.handler().run();
            }
        });
    }

    private void onIrq(Runnable work) {
        irq.execute(() -> {
            try {
                work.run();
            } catch (Throwable problem) { // what must never come out of a driver
                escaped.set(problem);
            }
        });
    }

    private Queue queue(int index) {
        if (state.length == 0) {
            state = new Queue[queues];
            for (int i = 0; i < queues; i++) {
                state[i] = new Queue();
            }
        }
        return state[index];
    }

    @Override
    public String name() {
        return "toy0";
    }

    @Override
    public int deviceId() {
        return deviceId;
    }

    @Override
    public int vendorId() {
        return 0;
    }

    @Override
    public int vqCount() {
        return queues;
    }

    @Override
    public int vqAlign() {
        return align;
    }

    @Override
    public int vqNumMax() {
        return queueSize;
    }

    @Override
    public int vqSize(int queue) {
        return queueSize;
    }

    @Override
    public long deviceFeatures() {
        return features;
    }

    @Override
    public long driverFeatures() {
        return driverFeatures;
    }

    @Override
    public void setDriverFeatures(long value) {
        driverFeatures = value;
    }

    @Override
    public boolean canSuspend() {
        return false;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void setStatus(int value) {
        messages.add("SET_STATUS 0x%02x".formatted(value));
        if (refused.contains(value)) {
            return;
        }
        if ((value & ~status & DeviceStatus.DRIVER_OK) != 0) {
            start();
        }
        status = value;
    }

    private void start() {
        for (int i = 0; i < queues; i++) {
            Queue queue = queue(i);
            if (queue.ready) {
                int index = i;
                queue.served = new ToyQueue(i, queue, driverFeatures, domain, disk, () -> interrupt(index));
                running.add(queue.served);
                queue.served.start();
            }
        }
    }

    private void stop() {
        running.forEach(ToyQueue::close);
        running.clear();
    }

    @Override
    public int reset() {
        messages.add("SET_STATUS 0x00");
        stop();
        status = 0;
        driverFeatures = 0;
        generation.incrementAndGet();
        configCallback = null;
        state = new Queue[0];
        settle();
        return refused.contains(0) ? -Errno.EIO : 0;
    }

    /** Waits until every interrupt so far was handled. */
    void settle() {
        try {
            irq.submit(() -> {}).get(20, TimeUnit.SECONDS);
        } catch (Exception late) {
            throw new IllegalStateException("the interrupt thread is stuck", late);
        }
    }

    @Override
    public int configSize() {
        return configSize;
    }

    @Override
    public int generation() {
        return generation.get();
    }

    @Override
    public void config(int offset, MemorySegment into) {
        into.fill((byte) 0);
        long length = Math.min(into.byteSize(), Math.max(0, configSize - offset));
        MemorySegment.copy(config.array(), offset, into, ValueLayout.JAVA_BYTE, 0, (int) length);
    }

    @Override
    public void setConfigCallback(Runnable callback) {
        configCallback = callback;
    }

    @Override
    public void setVqAddress(int queue, long desc, long driver, long device) {
        queue(queue).desc = desc;
        queue(queue).driver = driver;
        queue(queue).device = device;
    }

    @Override
    public void setVqNum(int queue, int num) {
        queue(queue).num = num;
    }

    @Override
    public void setVqState(int queue, long value) {
        boolean packed = (driverFeatures() & VirtioFeatures.RING_PACKED) != 0;
        if (value != (packed ? 1L << 32 | 1 : 0)) {
            throw new IllegalStateException("virtio-vdpa starts at 0, in the lap whose wrap counter is 1");
        }
    }

    @Override
    public long vqState(int queue) {
        return -Errno.EIO;
    }

    @Override
    public void setVqReady(int queue, boolean ready) {
        if (asksForReady) {
            messages.add("SET_VQ_READY " + queue + " " + ready);
        }
        queue(queue).ready = ready;
    }

    @Override
    public boolean vqReady(int queue) {
        return queue(queue).ready;
    }

    @Override
    public void setVqCallback(int queue, VqCallback callback) {
        queue(queue).callback = callback;
    }

    @Override
    public void kickVq(int queue) {
        ToyQueue served = queue(queue).served;
        if (served != null) {
            served.kick();
        }
    }

    /** The queue that the device serves. */
    ToyQueue served(int queue) {
        return state[queue].served;
    }

    /** Goes on with requests that were kept. */
    void serveHeld(int count) {
        disk.allowHeld(count);
        running.forEach(ToyQueue::kick);
    }

    int readyQueues() {
        int count = 0;
        for (Queue queue : state) {
            count += queue.ready ? 1 : 0;
        }
        return count;
    }

    @Override
    public int groupCount() {
        return 1;
    }

    @Override
    public int asCount() {
        return 1;
    }

    @Override
    public boolean hasGroups() {
        return true;
    }

    @Override
    public int vqGroup(int queue) {
        return 0;
    }

    @Override
    public int setGroupAsid(int group, int asid) {
        return -Errno.EINVAL;
    }

    @Override
    public int setMap(int asid, Iotlb mappings) {
        throw new IllegalStateException("virtio-vdpa maps nothing itself");
    }

    @Override
    public int suspend() {
        return -Errno.EOPNOTSUPP;
    }

    @Override
    public DmaDomain domain(int queue) {
        return domain;
    }

    /** Ends the threads; whatever came out of the driver's interrupt handler is thrown here. */
    @Override
    public void close() {
        stop();
        irq.shutdown();
        try {
            if (!irq.awaitTermination(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the interrupt thread does not end");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        if (escaped.get() != null) {
            throw new IllegalStateException("out of the interrupt handler", escaped.get());
        }
    }
}
