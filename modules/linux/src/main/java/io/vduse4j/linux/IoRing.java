package io.vduse4j.linux;

import static io.vduse4j.linux.IoRingLayout.IORING_ENTER_GETEVENTS;
import static io.vduse4j.linux.IoRingLayout.IORING_OP_READV;
import static io.vduse4j.linux.IoRingLayout.IORING_OP_WRITEV;
import static io.vduse4j.linux.IoRingLayout.IOSQE_ASYNC;
import static io.vduse4j.linux.IoRingLayout.IOSQE_FIXED_FILE;
import static io.vduse4j.linux.IoRingLayout.SQE_SIZE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/**
 * An {@code io_uring} over one open file: reads and writes that run in the kernel while this thread goes on; see {@code
 * io_uring(7)}.
 *
 * <p>Everything but {@link #create}, {@link #ready} and {@link #close} belongs to one thread, the first that submits. What is
 * put into the ring goes to the kernel with the next {@link #submit}; memory that a request names must stay until it has
 * ended. Nothing here blocks or allocates.
 */
public final class IoRing implements AutoCloseable {

    /** Takes what has ended. */
    @FunctionalInterface
    public interface Ended {
        /**
         * A request has ended.
         *
         * @param data what it was put in with
         * @param result bytes read or written, which may be fewer than asked, or the negated errno
         */
        void ended(long data, int result);
    }

    /** Most requests of one ring ({@code IORING_MAX_ENTRIES} of Linux). */
    public static final int MAX_ENTRIES = 32_768;

    /** A call that would wait is repeated so often in a row; then it is an error. */
    private static final int MOST_REPEATS = 64;

    private final Fd ring;
    private final IoRingSetup setup;
    private final EventFd ready;
    private final MemorySegment memory = NativeMemory.ALL;
    private final int sqMask;
    private final int cqMask;
    private boolean enabled;

    /** Put in by us, and handed to the kernel. */
    private int tail;

    private int submitted;
    private int inFlight;

    private IoRing(IoRingSetup setup, EventFd ready) {
        this.ring = setup.fd();
        this.setup = setup;
        this.ready = ready;
        sqMask = setup.sqEntries() - 1;
        cqMask = setup.cqEntries() - 1;
    }

    /**
     * Makes a ring. It holds the file open, with its locks, until it is closed and all that was in flight has ended.
     *
     * @param entries requests that can be in flight at once, 1 to {@link #MAX_ENTRIES}; rounded up to a power of two
     * @param file the file of all requests; stays the caller's
     * @throws LinuxException ENOSYS or EPERM where there is no io_uring, or it is disabled (kernel.io_uring_disabled, a
     *     container's seccomp); ENOMEM beyond RLIMIT_MEMLOCK
     */
    public static IoRing create(int entries, Fd file) throws LinuxException {
        if (entries < 1 || entries > MAX_ENTRIES) {
            throw new IllegalArgumentException("entries = " + entries);
        }
        var setup = IoRingSetup.of(entries);
        try {
            register(setup.fd(), IoRingLayout.IORING_REGISTER_FILES, file);
            return new IoRing(setup, eventFd(setup));
        } catch (LinuxException | RuntimeException problem) {
            setup.close();
            throw problem;
        }
    }

    private static EventFd eventFd(IoRingSetup setup) throws LinuxException {
        var ready = EventFd.create();
        try {
            register(setup.fd(), IoRingLayout.IORING_REGISTER_EVENTFD, ready.fd());
            return ready;
        } catch (LinuxException | RuntimeException problem) {
            ready.close();
            throw problem;
        }
    }

    private static void register(Fd ring, int what, Fd fd) throws LinuxException {
        int number = fd.enter();
        if (number < 0) {
            throw new LinuxException("io_uring_register", fd.name(), Errno.EBADF);
        }
        try (var arena = Arena.ofConfined()) {
            var numbers = arena.allocateFrom(JAVA_INT, number);
            Syscall.orThrow(
                    ring.onThis(SyscallNumber.IO_URING_REGISTER, what, numbers.address(), 1, 0, 0),
                    "io_uring_register",
                    fd.name());
        } finally {
            fd.leave();
        }
    }

    /**
     * What the kernel signals when {@link #reap} has something to take. The ring's own descriptor would not do: where
     * completions wait for this thread to ask for them, it does not become readable (seen on Linux 6.18).
     */
    public EventFd ready() {
        return ready;
    }

    Fd fd() {
        return ring;
    }

    /** How many requests are with the kernel, or have ended and were not taken yet. */
    public int inFlight() {
        return inFlight;
    }

    /**
     * Puts a read in.
     *
     * @param iov address of {@code count} structures {@code iovec}, read by {@link #submit}
     * @param count at most {@link FileIo#IOV_MAX}
     * @param data given back by {@link Ended}
     * @return whether there was room
     */
    public boolean readv(long iov, int count, long offset, long data) {
        return put(IORING_OP_READV, IOSQE_FIXED_FILE, iov, count, offset, 0, data);
    }

    /**
     * As {@link #readv}, by a thread of the kernel even if the bytes are at hand: for what takes long to copy. Several are
     * copied at once where there are processors for it.
     */
    public boolean readvAside(long iov, int count, long offset, long data) {
        return put(IORING_OP_READV, IOSQE_FIXED_FILE | IOSQE_ASYNC, iov, count, offset, 0, data);
    }

    /**
     * Puts a write in; as {@link #readv}.
     *
     * @param flags 0 or {@link FileIo#RWF_DSYNC}
     */
    public boolean writev(long iov, int count, long offset, int flags, long data) {
        return put(IORING_OP_WRITEV, IOSQE_FIXED_FILE, iov, count, offset, flags, data);
    }

    private boolean put(int opcode, int how, long address, int count, long offset, int flags, long data) {
        if (tail - head() > sqMask) {
            return false;
        }
        long sqe = setup.sqes() + (long) (tail & sqMask) * SQE_SIZE;
        // The file is number 0 of those that were registered.
        memory.set(JAVA_LONG, sqe + IoRingLayout.SQE_OPCODE, opcode | (how << (8 * IoRingLayout.SQE_FLAGS)));
        memory.set(JAVA_LONG, sqe + IoRingLayout.SQE_OFF, offset);
        memory.set(JAVA_LONG, sqe + IoRingLayout.SQE_ADDR, address);
        memory.set(JAVA_INT, sqe + IoRingLayout.SQE_LEN, count);
        memory.set(JAVA_INT, sqe + IoRingLayout.SQE_RW_FLAGS, flags);
        memory.set(JAVA_LONG, sqe + IoRingLayout.SQE_USER_DATA, data);
        memory.set(JAVA_LONG, sqe + IoRingLayout.SQE_BUF_INDEX, 0);
        memory.set(JAVA_LONG, sqe + IoRingLayout.SQE_ADDR3, 0);
        tail++;
        return true;
    }

    private int head() {
        return IoRingSetup.getAcquire(setup.sqHead());
    }

    /**
     * Hands what was put in to the kernel, in one system call.
     *
     * @param refused what the kernel did not take, because it is short of memory: by its data; it has not begun and will
     *     not
     * @return how many went to the kernel
     */
    public int submit(LongConsumer refused) {
        if (tail == submitted) {
            return 0;
        }
        IoRingSetup.setRelease(setup.sqTail(), tail);
        int first = submitted;
        int repeats = 0;
        while (submitted != tail && repeats < MOST_REPEATS) {
            long taken = enable();
            taken = taken < 0 ? taken : enter(tail - submitted);
            if (taken > 0) {
                submitted += (int) taken;
                repeats = 0;
            } else if (taken == 0 || taken == -Errno.EINTR || taken == -Errno.EAGAIN || taken == -Errno.EBUSY) {
                repeats++;
            } else {
                break;
            }
        }
        int handed = submitted - first;
        inFlight += handed;
        if (submitted != tail) {
            withdraw(refused);
        }
        return handed;
    }

    /** Only this side moves the tail, and the kernel looks at it in our calls only: it can be moved back. */
    private void withdraw(LongConsumer refused) {
        int end = tail;
        tail = submitted;
        IoRingSetup.setRelease(setup.sqTail(), tail);
        for (int i = submitted; i != end; i++) {
            long sqe = setup.sqes() + (long) (i & sqMask) * SQE_SIZE;
            refused.accept(memory.get(JAVA_LONG, sqe + IoRingLayout.SQE_USER_DATA));
        }
    }

    /** The thread that enables a ring of a single issuer is that issuer. */
    private long enable() {
        if (enabled) {
            return 0;
        }
        long result =
                ring.onThis(SyscallNumber.IO_URING_REGISTER, IoRingLayout.IORING_REGISTER_ENABLE_RINGS, 0, 0, 0, 0);
        enabled = result == 0;
        return result;
    }

    private long enter(int toSubmit) {
        int flags = setup.deferred() ? IORING_ENTER_GETEVENTS : 0;
        return ring.onThisOnce(SyscallNumber.IO_URING_ENTER, toSubmit, 0, flags, 0, 0);
    }

    /**
     * Takes what has ended, as far as it has until now. The consumer may put new requests in.
     *
     * @return how many
     */
    public int reap(Ended consumer) {
        if (inFlight == 0) {
            return 0;
        }
        if ((IoRingSetup.getAcquire(setup.sqFlags()) & IoRingLayout.IORING_SQ_TASKRUN) != 0) {
            // A failure changes nothing: the flag stays, and so is asked again.
            var _ = enter(0);
        }
        int first = IoRingSetup.getAcquire(setup.cqHead());
        int end = IoRingSetup.getAcquire(setup.cqTail());
        for (int i = first; i != end; i++) {
            long cqe = setup.cqes() + (long) (i & cqMask) * IoRingLayout.CQE_SIZE;
            long data = memory.get(JAVA_LONG, cqe + IoRingLayout.CQE_USER_DATA);
            int result = memory.get(JAVA_INT, cqe + IoRingLayout.CQE_RES);
            IoRingSetup.setRelease(setup.cqHead(), i + 1);
            inFlight--;
            consumer.ended(data, result);
        }
        return end - first;
    }

    /** Gives the ring back; again does nothing. Nothing should be in flight: the kernel ends it some time later. */
    @Override
    public void close() {
        setup.close();
        ready.close();
    }
}
