package io.vduse4j.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.ConfigDataLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.VirtqueueState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The node of one device, typed: its ioctls and its messages, without any policy.
 *
 * <p>Safe for use by several threads at once. No call waits but {@link #poll}. Failures are {@link LinuxException}s that
 * name the device; EPERM from any call means that the device is broken for good, EBADF that it was closed here.
 */
public final class VduseDevice implements AutoCloseable {
    private final NodeCalls calls;
    private final QueueCalls queues;
    private final IotlbCalls iotlb;
    private final MessageCalls messages;
    private final MemorySegment[] queueIndexes;

    /**
     * Takes over an open node, for example of a descriptor that another process passed.
     *
     * @param node the node; {@link #close} closes it
     * @param name what errors call the device
     * @param vqNum number of virtqueues of the device
     */
    public VduseDevice(VduseNode node, String name, int vqNum) {
        calls = new NodeCalls(node, name);
        queues = new QueueCalls(calls);
        iotlb = new IotlbCalls(calls);
        messages = new MessageCalls(calls);
        // Collected with the device, not freed at close: an interrupt may be injected while another thread closes.
        var memory = Arena.ofAuto().allocate(JAVA_INT, vqNum);
        queueIndexes = new MemorySegment[vqNum];
        for (int index = 0; index < vqNum; index++) {
            memory.setAtIndex(JAVA_INT, index, index);
            queueIndexes[index] = memory.asSlice((long) index * Integer.BYTES, Integer.BYTES);
        }
    }

    /**
     * Opens the node of a device; one process may have it open at a time.
     *
     * @param host where the node lives
     * @param name name of the device
     * @param vqNum number of virtqueues it was created with
     * @throws IOException a {@link LinuxException}: ENOENT when there is no such device, EBUSY when it is open
     */
    public static VduseDevice open(VduseHost host, String name, int vqNum) throws IOException {
        return new VduseDevice(host.open(name), name, vqNum);
    }

    /** The calls of the node, for what other API versions add. */
    NodeCalls calls() {
        return calls;
    }

    /** The name that errors use. */
    public String name() {
        return calls.object();
    }

    /** Number of virtqueues. */
    public int vqNum() {
        return queueIndexes.length;
    }

    /**
     * Gives a virtqueue its largest size. Every queue needs one before the device is attached to the vdpa bus.
     *
     * @param index the virtqueue
     * @param maxSize largest number of descriptors, 1 to 32768; a split queue needs a power of two
     * @throws LinuxException EINVAL for an index that the device does not have
     */
    public void setupQueue(int index, int maxSize) throws LinuxException {
        queues.setup(index, maxSize, 0);
    }

    /**
     * Returns what the driver has made of a virtqueue; all zero before it did.
     *
     * @throws LinuxException EINVAL for an index that the device does not have
     */
    public QueueInfo queueInfo(int index) throws LinuxException {
        return queues.info(index);
    }

    /**
     * Has an eventfd signalled when the driver kicks a virtqueue. The kernel keeps its own reference. A kick that came
     * before is delivered at once if the queue is ready; a reset takes the eventfd away.
     *
     * @param index the virtqueue
     * @param eventFd the eventfd; it replaces the one before
     * @throws LinuxException EINVAL for an index that the device does not have or what is no eventfd
     */
    public void setKick(int index, Fd eventFd) throws LinuxException {
        queues.kick(index, eventFd.number());
    }

    /**
     * Takes the kick eventfd of a virtqueue away.
     *
     * @throws LinuxException EINVAL for an index that the device does not have
     */
    public void clearKick(int index) throws LinuxException {
        queues.kick(index, VduseAbi.VDUSE_EVENTFD_DEASSIGN);
    }

    /**
     * Interrupts the driver for a virtqueue. Neither allocates nor throws: for the data path.
     *
     * @param index the virtqueue
     * @return 0, or a negative errno: {@code -EINVAL} before DRIVER_OK was answered and shortly after (kernel-behaviour
     *     12), and for an index that the device does not have
     */
    public int injectQueueInterrupt(int index) {
        if (index < 0 || index >= queueIndexes.length) {
            return -Errno.EINVAL;
        }
        return calls.node().ioctl(VduseIoctl.VDUSE_VQ_INJECT_IRQ, queueIndexes[index]);
    }

    /**
     * Writes into the configuration space. The kernel neither locks nor tells the driver, so whole fields are written
     * and {@link #injectConfigInterrupt} follows (kernel-behaviour 10).
     *
     * @param offset first byte that changes
     * @param bytes the bytes, at least one
     * @throws LinuxException EINVAL when they are not inside of the configuration space
     */
    public void setConfig(int offset, byte[] bytes) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(ConfigDataLayout.SIZE + (long) bytes.length, Integer.BYTES);
            argument.set(JAVA_INT, ConfigDataLayout.OFFSET, offset);
            argument.set(JAVA_INT, ConfigDataLayout.LENGTH, bytes.length);
            MemorySegment.copy(bytes, 0, argument, JAVA_BYTE, ConfigDataLayout.BUFFER, bytes.length);
            calls.ioctl("VDUSE_DEV_SET_CONFIG", VduseIoctl.VDUSE_DEV_SET_CONFIG, argument);
        }
    }

    /**
     * Tells the driver that the configuration space has changed.
     *
     * @return 0, or a negative errno: {@code -EINVAL} as long as no driver has set DRIVER_OK
     */
    public int injectConfigInterrupt() {
        return calls.node().ioctl(VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ, MemorySegment.NULL);
    }

    /**
     * Returns the features that the driver wrote; they are final once FEATURES_OK is set, and not masked by what the
     * device offers.
     *
     * @throws LinuxException EPERM when the device is broken
     */
    public long driverFeatures() throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(JAVA_LONG);
            calls.ioctl("VDUSE_DEV_GET_FEATURES", VduseIoctl.VDUSE_DEV_GET_FEATURES, argument);
            return argument.get(JAVA_LONG, 0);
        }
    }

    /**
     * Returns the first region that overlaps a range, with a descriptor to map it; empty when there is none.
     *
     * @param start first IOVA, unsigned
     * @param last last IOVA, unsigned, not below {@code start}
     * @throws LinuxException EMFILE when this process may not have more descriptors
     */
    public Optional<IotlbEntry> iotlb(long start, long last) throws LinuxException {
        return iotlb.entry(start, last);
    }

    /**
     * Returns what is known of the first region that overlaps a range; empty when there is none.
     *
     * @param start first IOVA, unsigned
     * @param last last IOVA, unsigned, not below {@code start}
     * @throws LinuxException ENOTTY on a kernel before 6.0
     */
    public Optional<IotlbInfo> iotlbInfo(long start, long last) throws LinuxException {
        return iotlb.info(start, last);
    }

    /**
     * Puts memory of this process in the place of the bounce buffer. The kernel pins it, also across a reset, until it
     * is deregistered or the node is closed. Possible once the bounce buffer is mapped, hence after the driver's first
     * request (kernel-behaviour 2.3).
     *
     * @param address address of the memory, aligned to pages
     * @param iova first IOVA of the region: 0
     * @param size bytes of the region: those of the whole bounce buffer
     * @throws LinuxException EEXIST when there is some already, ENOMEM beyond RLIMIT_MEMLOCK, EINVAL for any other region
     */
    public void registerUserMemory(long address, long iova, long size) throws LinuxException {
        iotlb.register(address, iova, size);
    }

    /**
     * Takes the registered memory away; the kernel copies into its own pages what is in use.
     *
     * @param iova first IOVA of the region
     * @param size bytes of the region
     * @throws LinuxException ENOENT when there is none, EINVAL for another region
     */
    public void deregisterUserMemory(long iova, long size) throws LinuxException {
        iotlb.deregister(iova, size);
    }

    /**
     * Reads the next message; empty when none waits. Nothing ends a wait for messages of a broken device but
     * {@link #poll}, which is why reading never waits.
     *
     * @throws LinuxException EBADF when the device was closed here
     */
    public Optional<VduseMessage> read() throws LinuxException {
        return messages.read();
    }

    /**
     * Answers a message with success. Not for {@link VduseMessage.GetQueueState}, which needs the state.
     *
     * @param id number of the message
     * @return false when nobody waits for this reply: the message was answered, has timed out, or its sender was killed
     * @throws LinuxException EBADF when the device was closed here
     */
    public boolean replyOk(int id) throws LinuxException {
        return messages.reply(arena -> MessageCodec.result(arena, id, VduseAbi.VDUSE_REQ_RESULT_OK));
    }

    /**
     * Refuses what a message asks for.
     *
     * @param id number of the message
     * @return false when nobody waits for this reply
     * @throws LinuxException EBADF when the device was closed here
     */
    public boolean replyFailed(int id) throws LinuxException {
        return messages.reply(arena -> MessageCodec.result(arena, id, VduseAbi.VDUSE_REQ_RESULT_FAILED));
    }

    /**
     * Answers {@link VduseMessage.GetQueueState}, in the form of the rings that were negotiated.
     *
     * @param id number of the message
     * @param index the virtqueue
     * @param state where it stands
     * @param packed whether packed rings were negotiated
     * @return false when nobody waits for this reply
     * @throws LinuxException EBADF when the device was closed here
     */
    public boolean replyQueueState(int id, int index, VirtqueueState state, boolean packed) throws LinuxException {
        return messages.reply(arena -> packed
                ? MessageCodec.packedState(arena, id, index, state)
                : MessageCodec.queueState(arena, id, index, state.avail()));
    }

    /** Whether packed rings were negotiated. */
    boolean isPacked() throws LinuxException {
        return (driverFeatures() & VirtioFeatures.RING_PACKED) != 0;
    }

    /**
     * Waits for a message or for {@link #wake}; as {@link VduseNode#poll}.
     *
     * @param events of {@link VduseNode#POLLIN} and {@link VduseNode#POLLOUT}
     * @param timeoutMillis longest wait; 0 only looks; negative waits for ever
     * @return the events that hold, 0 for none, or a negative errno
     */
    public int poll(int events, long timeoutMillis) {
        return calls.node().poll(events, timeoutMillis);
    }

    /** Ends the running {@link #poll}, or the next one, early. */
    public void wake() {
        calls.node().wake();
    }

    /**
     * Whether the device is broken for good: a message was not answered in time. Only destroying it and creating it
     * again helps (kernel-behaviour 2.4).
     */
    public boolean isBroken() {
        int events = poll(0, 0);
        return events > 0 && (events & VduseNode.POLLERR) != 0;
    }

    /** Closes the node. Messages that are owed a reply are read again by whoever opens it next. */
    @Override
    public void close() {
        calls.node().close();
    }
}
