package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.inflight.InflightLog;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import java.nio.ByteBuffer;

/**
 * The memory of the log as the front end passes it: it outlives this process there, and comes back to the next one.
 *
 * @param queues how many queues it is for
 * @param queueSize most entries of each
 * @param mapping the memory
 */
record SharedLog(int queues, int queueSize, Mapping mapping) {

    private static final int OFFSET = 8;
    private static final int QUEUES = 16;
    private static final int QUEUE_SIZE = 18;

    /** What GET_INFLIGHT_FD asks for: the payload's last two fields. */
    private record Shape(int queues, int queueSize) {

        static Shape read(ByteBuffer payload, int mostQueues, int mostEntries) throws RefusedException {
            int queues = Short.toUnsignedInt(payload.getShort(QUEUES));
            int queueSize = Short.toUnsignedInt(payload.getShort(QUEUE_SIZE));
            if (queues == 0 || queues > mostQueues || queueSize == 0 || queueSize > mostEntries) {
                throw new RefusedException("a log for " + queues + " queues of " + queueSize + ", not of up to "
                        + mostQueues + " of up to " + mostEntries);
            }
            return new Shape(queues, queueSize);
        }

        /** Bytes for rings of either format: which one it is may not have been negotiated yet. */
        long bytes() {
            return Math.max(InflightLog.bytes(queues, queueSize, false), InflightLog.bytes(queues, queueSize, true));
        }
    }

    /**
     * Makes memory for a log, which cannot be cut off.
     *
     * @param payload of GET_INFLIGHT_FD; becomes that of the reply
     */
    static Fd make(ByteBuffer payload, int mostQueues, int mostEntries) throws RefusedException, LinuxException {
        Shape shape = Shape.read(payload, mostQueues, mostEntries);
        Fd file = Memfd.create("vhost-user-inflight", shape.bytes());
        try {
            Memfd.seal(file, Memfd.F_SEAL_GROW | Memfd.F_SEAL_SHRINK | Memfd.F_SEAL_SEAL);
        } catch (LinuxException e) {
            file.close();
            throw e;
        }
        payload.putLong(0, shape.bytes()).putLong(OFFSET, 0);
        return file;
    }

    /**
     * Takes memory that holds a log, or is zero.
     *
     * @param payload of SET_INFLIGHT_FD
     * @param file stays the caller's
     * @param packed the negotiated format
     * @throws RefusedException if it is too small for its queues, or may be cut off under us (BUG-13, J-01)
     */
    static SharedLog take(ByteBuffer payload, Fd file, int mostQueues, int mostEntries, boolean packed)
            throws RefusedException {
        Shape shape = Shape.read(payload, mostQueues, mostEntries);
        long size = payload.getLong(0);
        long offset = payload.getLong(OFFSET);
        try {
            long end = FileIo.status(file).size();
            boolean inside = offset >= 0 && size >= 0 && offset <= end && size <= end - offset;
            long needed = InflightLog.bytes(shape.queues(), shape.queueSize(), packed);
            if (!inside || size < needed || offset % NativeMemory.pageSize() != 0) {
                throw new RefusedException("a log of " + size + " bytes at " + offset + " of a file of " + end + "; "
                        + needed + " are needed");
            }
            if ((Memfd.seals(file) & Memfd.F_SEAL_SHRINK) == 0) {
                throw new RefusedException("the log's memory could be cut off: it is not sealed");
            }
            return new SharedLog(shape.queues(), shape.queueSize(), Mapping.shared(file, offset, size, true, true));
        } catch (LinuxException e) {
            throw new RefusedException("the log's memory cannot be used", e);
        }
    }

    /** The log in this memory. */
    InflightLog open(boolean packed) {
        return new InflightLog(
                NativeMemory.ALL.asSlice(mapping.address(), mapping.length()), queues, queueSize, packed);
    }
}
