package io.vduse4j.testkit.faulty;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mount;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.linux.Poll;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The kernel at the other end of {@code /dev/fuse}: requests come one at a time, answers go from any thread. */
final class FuseConnection implements AutoCloseable {
    /** Longest READ or WRITE in bytes. */
    static final int MOST_BYTES = 1 << 20;

    private static final int BUFFER = MOST_BYTES + (64 << 10);
    private static final int S_IFREG = 0100000;

    private final String target;
    private final Fd device;
    private final EventFd wake;
    private final Poll poll = new Poll(2);
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER, 8);
    private volatile boolean closing;

    /**
     * Mounts a file system whose root is a regular file.
     *
     * @param target a file that exists, and is hidden for the time of the mount
     */
    FuseConnection(String target) throws LinuxException {
        this.target = target;
        device = Fd.open("/dev/fuse", OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK);
        try {
            wake = EventFd.create();
            poll.set(0, device, Poll.POLLIN);
            poll.set(1, wake.fd(), Poll.POLLIN);
            Mount.mount(
                    "vduse4j-faulty",
                    target,
                    "fuse",
                    Mount.MS_NOSUID | Mount.MS_NODEV,
                    "fd=" + device.number() + ",rootmode=" + Integer.toOctalString(S_IFREG | 0600)
                            + ",user_id=0,group_id=0,allow_other");
        } catch (LinuxException | RuntimeException problem) {
            device.close();
            throw problem;
        }
    }

    /** Waits for the next request; false if there will be none. One thread, which has read the last one to its end. */
    boolean receive() throws LinuxException {
        while (!closing) {
            long length = device.read(buffer.address(), BUFFER);
            if (length >= FuseAbi.IN_HEADER) {
                return true;
            }
            if (length == -Errno.EAGAIN) {
                poll.await(-1);
            } else if (length == -Errno.ENODEV) {
                return false;
            } else if (length != -Errno.ENOENT) {
                // ENOENT: the request was interrupted before anybody saw it.
                throw new LinuxException("read", "/dev/fuse", length < 0 ? (int) -length : Errno.EIO);
            }
        }
        return false;
    }

    int opcode() {
        return buffer.get(JAVA_INT, FuseAbi.IN_OPCODE);
    }

    long unique() {
        return buffer.get(JAVA_LONG, FuseAbi.IN_UNIQUE);
    }

    /** What follows the header of the request. */
    MemorySegment body() {
        return buffer.asSlice(FuseAbi.IN_HEADER);
    }

    /**
     * Answers a request. An answer that nobody waits for any more is dropped by the kernel.
     *
     * @param errno 0 or the positive errno, with which there is no content
     */
    void reply(long unique, int errno, MemorySegment content) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            long length = FuseAbi.OUT_HEADER + content.byteSize();
            var reply = arena.allocate(length, 8);
            reply.set(JAVA_INT, 0, (int) length);
            reply.set(JAVA_INT, FuseAbi.OUT_ERROR, -errno);
            reply.set(JAVA_LONG, FuseAbi.OUT_UNIQUE, unique);
            MemorySegment.copy(content, 0, reply, FuseAbi.OUT_HEADER, content.byteSize());
            long result = device.write(reply.address(), length);
            if (result < 0 && result != -Errno.ENOENT && result != -Errno.ENODEV && result != -Errno.EBADF) {
                throw new LinuxException("write", "/dev/fuse", (int) -result, "an answer of " + length + " bytes");
            }
        }
    }

    /** Ends {@link #receive}, takes the mount away, and lets whoever still waits fail with ECONNABORTED. */
    @Override
    public void close() throws LinuxException {
        closing = true;
        wake.signal();
        try {
            Mount.detach(target);
        } finally {
            device.close();
        }
    }
}
