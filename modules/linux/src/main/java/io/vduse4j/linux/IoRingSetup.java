package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** The descriptor and the shared memory of a ring. Its queues are found by addresses, which are good until {@link #close}. */
final class IoRingSetup implements AutoCloseable {
    private static final VarHandle INT = JAVA_INT.varHandle();

    /** From the newest kernel to the oldest that is of use: 6.1, then 5.10. */
    private static final int[] WISHES = {
        IoRingLayout.IORING_SETUP_CLAMP
                | IoRingLayout.IORING_SETUP_R_DISABLED
                | IoRingLayout.IORING_SETUP_SINGLE_ISSUER
                | IoRingLayout.IORING_SETUP_DEFER_TASKRUN
                | IoRingLayout.IORING_SETUP_TASKRUN_FLAG,
        IoRingLayout.IORING_SETUP_CLAMP | IoRingLayout.IORING_SETUP_R_DISABLED
    };

    /** One mapping for both queues, no completion lost, and iovecs that are not needed after the submission. */
    private static final int NEEDED = IoRingLayout.IORING_FEAT_SINGLE_MMAP
            | IoRingLayout.IORING_FEAT_NODROP
            | IoRingLayout.IORING_FEAT_SUBMIT_STABLE;

    private final Fd fd;
    private final boolean deferred;
    private final int sqEntries;
    private final int cqEntries;
    private final Mapping rings;
    private final Mapping entries;
    private final long sqHead;
    private final long sqTail;
    private final long sqFlags;
    private final long cqHead;
    private final long cqTail;
    private final long cqes;

    private IoRingSetup(Fd fd, MemorySegment params) throws LinuxException {
        this.fd = fd;
        int flags = params.get(JAVA_INT, IoRingLayout.FLAGS);
        deferred = (flags & IoRingLayout.IORING_SETUP_DEFER_TASKRUN) != 0;
        sqEntries = params.get(JAVA_INT, IoRingLayout.SQ_ENTRIES);
        cqEntries = params.get(JAVA_INT, IoRingLayout.CQ_ENTRIES);
        long array = sq(params, IoRingLayout.SQ_OFF_ARRAY);
        long firstCqe = cq(params, IoRingLayout.CQ_OFF_CQES);
        long bytes = Math.max(array + 4L * sqEntries, firstCqe + (long) IoRingLayout.CQE_SIZE * cqEntries);
        rings = Mapping.shared(fd, IoRingLayout.IORING_OFF_SQ_RING, bytes, true, true);
        try {
            entries = Mapping.shared(
                    fd, IoRingLayout.IORING_OFF_SQES, (long) IoRingLayout.SQE_SIZE * sqEntries, true, true);
        } catch (LinuxException problem) {
            rings.close();
            throw problem;
        }
        long base = rings.address();
        sqHead = base + sq(params, IoRingLayout.SQ_OFF_HEAD);
        sqTail = base + sq(params, IoRingLayout.SQ_OFF_TAIL);
        sqFlags = base + sq(params, IoRingLayout.SQ_OFF_FLAGS);
        cqHead = base + cq(params, IoRingLayout.CQ_OFF_HEAD);
        cqTail = base + cq(params, IoRingLayout.CQ_OFF_TAIL);
        cqes = base + firstCqe;
        for (int i = 0; i < sqEntries; i++) {
            // Entries are always used in their order.
            NativeMemory.ALL.set(JAVA_INT, base + array + 4L * i, i);
        }
    }

    private static long sq(MemorySegment params, int field) {
        return Integer.toUnsignedLong(params.get(JAVA_INT, IoRingLayout.SQ_OFF + field));
    }

    private static long cq(MemorySegment params, int field) {
        return Integer.toUnsignedLong(params.get(JAVA_INT, IoRingLayout.CQ_OFF + field));
    }

    /** Makes a ring with the best of what this kernel knows. */
    static IoRingSetup of(int entries) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var params = arena.allocate(IoRingLayout.PARAMS_SIZE, 8);
            long number = -Errno.ENOSYS;
            for (int i = 0; i < WISHES.length && number < 0; i++) {
                params.fill((byte) 0).set(JAVA_INT, IoRingLayout.FLAGS, WISHES[i]);
                number = Syscall.retry(SyscallNumber.IO_URING_SETUP, entries, params.address(), 0);
                if (number < 0 && number != -Errno.EINVAL) {
                    break;
                }
            }
            var fd = Fd.adopt((int) Syscall.orThrow(number, "io_uring_setup", "new"), "io_uring");
            try {
                if ((params.get(JAVA_INT, IoRingLayout.FEATURES) & NEEDED) != NEEDED) {
                    throw new LinuxException("io_uring_setup", "new", Errno.ENOSYS, "this kernel's is too old");
                }
                return new IoRingSetup(fd, params);
            } catch (LinuxException | RuntimeException problem) {
                fd.close();
                throw problem;
            }
        }
    }

    Fd fd() {
        return fd;
    }

    /** Whether completions are worked on only when this thread asks for them. */
    boolean deferred() {
        return deferred;
    }

    int sqEntries() {
        return sqEntries;
    }

    int cqEntries() {
        return cqEntries;
    }

    long sqHead() {
        return sqHead;
    }

    long sqTail() {
        return sqTail;
    }

    long sqFlags() {
        return sqFlags;
    }

    long sqes() {
        return entries.address();
    }

    long cqHead() {
        return cqHead;
    }

    long cqTail() {
        return cqTail;
    }

    long cqes() {
        return cqes;
    }

    static int getAcquire(long address) {
        return (int) INT.getAcquire(NativeMemory.ALL, address);
    }

    static void setRelease(long address, int value) {
        INT.setRelease(NativeMemory.ALL, address, value);
    }

    @Override
    public void close() {
        fd.close();
        rings.close();
        entries.close();
    }
}
