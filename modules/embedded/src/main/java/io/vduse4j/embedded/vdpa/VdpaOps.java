package io.vduse4j.embedded.vdpa;

import java.lang.foreign.MemorySegment;

/**
 * What a device on the vdpa bus does for the driver that is bound to it: the kernel's {@code vdpa_config_ops}, for VDUSE
 * (kernel-behaviour 4.1). Calls answer with zero or more, or with a negative errno.
 *
 * <p>Those that send a message to the daemon ({@link #setStatus}, {@link #reset}, {@link #vqState}, {@link #setMap},
 * {@link #setVqReady}, {@link #setGroupAsid}, {@link #suspend}) wait for its reply, at most as long as the device's
 * message timeout. The others never wait. Safe from several threads; a driver serializes status and reset itself.
 */
public interface VdpaOps {

    /** Name of the device on the bus. */
    String name();

    /** The virtio device id: 2 is a block device. */
    int deviceId();

    /** The vendor id. */
    int vendorId();

    /** Number of queues. */
    int vqCount();

    /** Alignment of a split ring's used part, in bytes. */
    int vqAlign();

    /** Largest size of any queue. */
    int vqNumMax();

    /** Whether the kernel of the device knows groups of queues at all, in which it can be one of them. */
    boolean hasGroups();

    /** Size of one queue: what the driver has set, otherwise the largest; 0 for a queue that was never set up. */
    int vqSize(int queue);

    /** The virtio features of the device. */
    long deviceFeatures();

    /** The features that the driver has set; 0 after a reset. */
    long driverFeatures();

    /** Stores the driver's features, unchecked. */
    void setDriverFeatures(long features);

    /** Whether the backend offers suspending (VDUSE_F_SUSPEND). */
    boolean canSuspend();

    /** Status as the daemon has last accepted it. */
    int status();

    /** Sets the status, which is not 0. A refusal leaves the old one: the caller looks at {@link #status}. */
    void setStatus(int status);

    /** Resets the device, whatever the daemon says. @return 0, or -EIO if the daemon refused or was silent */
    int reset();

    /** Size of the config space in bytes. */
    int configSize();

    /** Changes with each reset. */
    int generation();

    /** Reads the config space; what lies behind its end is zero. */
    void config(int offset, MemorySegment into);

    /** Called on the device's interrupt thread when the daemon has announced a change; null takes it away. */
    void setConfigCallback(Runnable callback);

    /** Stores where a queue's parts lie, as IOVA. */
    void setVqAddress(int queue, long desc, long driver, long device);

    /** Stores a queue's number of entries. */
    void setVqNum(int queue, int num);

    /** Stores the first index of a queue: split, the available index; packed, counters and indices as GET_VQ_STATE has. */
    void setVqState(int queue, long state);

    /** Asks the daemon for the index of a queue. @return the state as in {@link #setVqState}, or a negative errno */
    long vqState(int queue);

    /** Makes a queue ready or not. */
    void setVqReady(int queue, boolean ready);

    /** Whether a queue is ready. */
    boolean vqReady(int queue);

    /** How the driver hears of used buffers; null takes it away. */
    void setVqCallback(int queue, VqCallback callback);

    /** Tells the device that there are buffers in a queue. Never waits. */
    void kickVq(int queue);

    /** The groups of queues: 1 for API version 0. */
    int groupCount();

    /** The address spaces: 1 for API version 0. */
    int asCount();

    /** Group of a queue. */
    int vqGroup(int queue);

    /** Gives a group another address space. @return 0 or a negative errno */
    int setGroupAsid(int group, int asid);

    /** Replaces all mappings of an address space, then tells the daemon. @return 0 or a negative errno */
    int setMap(int asid, Iotlb mappings);

    /** Stops the device without losing its state. @return 0, -EIO, or -EOPNOTSUPP without the feature */
    int suspend();

    /** The bounce buffers behind which a driver of this kernel hides its memory. */
    DmaDomain domain(int queue);
}
