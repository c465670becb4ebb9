package io.vduse4j.embedded.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.virtio.DeviceStatus;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A VDUSE device: what its creator said, what the driver has set, and what lies between (kernel-behaviour 4). Whether it is
 * open or attached is guarded by this object; all else may be used by several threads.
 */
final class VduseDev implements AutoCloseable {
    private final DevConfig created;
    private final KernelProfile kernel;
    private final long apiVersion;
    private final long vduseFeatures;
    private final MessageQueue messages = new MessageQueue();
    private final Attributes attributes;
    private final MemorySegment config;
    private final Vq[] vqs;
    private final AddressSpace[] spaces;
    private final AtomicIntegerArray groupAsids;
    private final ConfigInterrupt configInterrupt;

    private volatile int status;
    private volatile long driverFeatures;
    private volatile boolean suspended;
    private volatile int generation;

    // Guarded by this.
    private boolean open;
    private boolean attached;
    private boolean destroyed;

    /**
     * Makes a device that is neither open nor attached.
     *
     * @param config the configuration space; becomes the device's
     */
    VduseDev(
            DevConfig created,
            MemorySegment config,
            KernelProfile kernel,
            long apiVersion,
            long vduseFeatures,
            InterruptThread interrupts) {
        this.created = created;
        this.config = config;
        this.kernel = kernel;
        this.apiVersion = apiVersion;
        this.vduseFeatures = vduseFeatures;
        attributes = new Attributes(created.vqNum(), this::hasDomain);
        vqs = IntStream.range(0, created.vqNum())
                .mapToObj(_ -> new Vq(interrupts))
                .toArray(Vq[]::new);
        spaces = Stream.generate(AddressSpace::new)
                .limit(created.addressSpaces())
                .toArray(AddressSpace[]::new);
        groupAsids = new AtomicIntegerArray(created.groups());
        configInterrupt = new ConfigInterrupt(interrupts);
    }

    DevConfig created() {
        return created;
    }

    KernelProfile kernel() {
        return kernel;
    }

    /** Whether it was created with groups and address spaces. */
    boolean isGrouped() {
        return apiVersion >= VduseApi1.VDUSE_API_VERSION_1;
    }

    boolean has(long feature) {
        return (vduseFeatures & feature) != 0;
    }

    MessageQueue messages() {
        return messages;
    }

    Attributes attributes() {
        return attributes;
    }

    /** The configuration space: written by the daemon at any time, without a lock (kernel-behaviour 2.3). */
    MemorySegment config() {
        return config;
    }

    Vq vq(int index) {
        return vqs[index];
    }

    int vqNum() {
        return vqs.length;
    }

    AddressSpace space(int asid) {
        return spaces[asid];
    }

    int spaces() {
        return spaces.length;
    }

    ConfigInterrupt configInterrupt() {
        return configInterrupt;
    }

    int groupAsid(int group) {
        return groupAsids.get(group);
    }

    void setGroupAsid(int group, int asid) {
        groupAsids.set(group, asid);
    }

    int status() {
        return status;
    }

    void setStatus(int newStatus) {
        status = newStatus;
    }

    long driverFeatures() {
        return driverFeatures;
    }

    void setDriverFeatures(long features) {
        driverFeatures = features;
    }

    int generation() {
        return generation;
    }

    boolean isSuspended() {
        return suspended;
    }

    /** From now on neither kicks nor interrupts, until a reset; there is no way back (kernel-behaviour 4.1). */
    void suspend() {
        suspended = true;
        flushInterrupts();
    }

    /** Whether an interrupt may be injected. */
    boolean isRunning() {
        return (status & DeviceStatus.DRIVER_OK) != 0 && !suspended;
    }

    /** Sends a message and waits for the reply. @return 0, or -EIO */
    int send(Message message) {
        return messages.send(message, attributes.msgTimeout());
    }

    /** The kernel's part of a reset, whatever the daemon said (kernel-behaviour 4.3). */
    synchronized void reset() {
        for (var space : spaces) {
            space.domain().ifPresent(domain -> domain.resetBounceMap());
        }
        suspended = false;
        status = 0;
        driverFeatures = 0;
        generation++;
        configInterrupt.setCallback(null);
        for (var vq : vqs) {
            vq.reset();
        }
        flushInterrupts();
    }

    private void flushInterrupts() {
        configInterrupt.flush();
        for (var vq : vqs) {
            vq.flushInterrupt();
        }
    }

    private synchronized boolean hasDomain() {
        return spaces[0].domain().isPresent();
    }

    /** Opens it: one process at a time. @return 0, -ENODEV once it is destroyed, or -EBUSY */
    synchronized int connect() {
        if (destroyed) {
            return -Errno.ENODEV;
        }
        if (open) {
            return -Errno.EBUSY;
        }
        open = true;
        return 0;
    }

    /** The last descriptor is closed: the daemon's memory goes, its replies are owed by the next (3.6). */
    synchronized void release(OpenFile file) {
        for (var space : spaces) {
            space.release();
        }
        messages.release(file);
        open = false;
    }

    /**
     * Gets it ready for the vdpa bus.
     *
     * @throws LinuxException EINVAL if a queue has no size, EEXIST if it is there already, ENOMEM or EMFILE
     */
    synchronized void attach() throws LinuxException {
        for (var vq : vqs) {
            if (vq.maxSize() == 0) {
                throw new LinuxException("attach", created.name(), Errno.EINVAL, "a queue has no size");
            }
        }
        if (attached) {
            throw new LinuxException("attach", created.name(), Errno.EEXIST, "it is on the vdpa bus");
        }
        long page = NativeMemory.pageSize();
        long share = (attributes.bounceSize() / spaces.length + page - 1) & -page;
        for (var space : spaces) {
            space.attach("vduse-domain", share);
        }
        attached = true;
    }

    synchronized boolean isAttached() {
        return attached;
    }

    /** It is off the vdpa bus. */
    synchronized void detach() {
        attached = false;
    }

    /** Ends its life, unless it is open or attached. @return 0, or -EBUSY */
    synchronized int destroy() {
        if (attached || open) {
            return -Errno.EBUSY;
        }
        close();
        return 0;
    }

    /** Ends its life whatever it does. */
    @Override
    public synchronized void close() {
        destroyed = true;
        messages.breakDevice();
        reset();
        for (var space : spaces) {
            space.close();
        }
    }
}
