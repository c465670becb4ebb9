package io.vduse4j.vduse.host;

import java.lang.foreign.MemorySegment;

/**
 * An open {@code /dev/vduse} node: the control node or a device node. Calls answer with a result of zero or more, or with
 * a negative errno. They are safe from several threads at once; none of them throws for what the kernel answers.
 */
public interface VduseNode extends AutoCloseable {

    /** {@code POLLIN}: a message can be read. */
    int POLLIN = 0x1;

    /** {@code POLLOUT}: a reply is owed. */
    int POLLOUT = 0x4;

    /** {@code POLLERR}: the device is broken for good. */
    int POLLERR = 0x8;

    /**
     * One ioctl.
     *
     * @param request the whole number, with direction, size and type
     * @param argument native memory for the argument, read and written as the request says; {@link MemorySegment#NULL}
     *     where there is none
     * @return the result (a descriptor for {@code VDUSE_IOTLB_GET_FD}), or a negative errno
     */
    int ioctl(int request, MemorySegment argument);

    /**
     * read(2) without blocking.
     *
     * @param into native memory; its size is the length asked for
     * @return bytes read, or a negative errno; {@code -EAGAIN} when no message waits
     */
    int read(MemorySegment into);

    /** write(2): bytes taken, or a negative errno. */
    int write(MemorySegment from);

    /**
     * Waits until one of the events holds, {@link #wake} is called, or the time is over.
     *
     * @param events of {@link #POLLIN}, {@link #POLLOUT}; {@link #POLLERR} is always reported
     * @param timeoutMillis longest wait; 0 only looks; negative waits for ever
     * @return the events that hold, 0 for none, or a negative errno
     */
    int poll(int events, long timeoutMillis);

    /** Ends the running {@link #poll}, or the next one, early. Any thread; never blocks. */
    void wake();

    /** Closes once; later calls of the others answer {@code -EBADF}. */
    @Override
    void close();
}
