package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.testkit.faulty.Fault;
import io.vduse4j.testkit.faulty.FaultyFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The kernel does less than it was asked for, or nothing, at each of the first 200 requests. Whatever it is: what is
 * told to have succeeded has, and nothing hangs. {@code -Dseed=N} repeats a run.
 */
@Timeout(600)
class PartialResultsTest {
    private static final int REQUESTS = 200;
    private static final int SIZE = 1 << 20;
    private static final int PAGE = 4096;
    private static final int MOST_PAGES = 4;
    private static final int MOST = MOST_PAGES * PAGE;

    /** What goes wrong, and whether the driver may hear of it. */
    enum Case {
        SHORT_WRITE(Fault.Op.WRITE, Fault.Effect.SHORT, PAGE, Request.Op.WRITE, true),
        ODD_SHORT_WRITE(Fault.Op.WRITE, Fault.Effect.SHORT, 700, Request.Op.WRITE, true),
        INTERRUPTED_WRITE(Fault.Op.WRITE, Fault.Effect.ERROR, Errno.EINTR, Request.Op.WRITE, true),
        WRITE_TO_BE_REPEATED(Fault.Op.WRITE, Fault.Effect.ERROR, Errno.EAGAIN, Request.Op.WRITE, true),
        NO_SPACE(Fault.Op.WRITE, Fault.Effect.ERROR, Errno.ENOSPC, Request.Op.WRITE, false),
        FAILED_WRITE(Fault.Op.WRITE, Fault.Effect.ERROR, Errno.EIO, Request.Op.WRITE, false),
        SHORT_READ(Fault.Op.READ, Fault.Effect.SHORT, PAGE, Request.Op.READ, true),
        ODD_SHORT_READ(Fault.Op.READ, Fault.Effect.SHORT, 700, Request.Op.READ, true),
        INTERRUPTED_READ(Fault.Op.READ, Fault.Effect.ERROR, Errno.EINTR, Request.Op.READ, true),
        READ_TO_BE_REPEATED(Fault.Op.READ, Fault.Effect.ERROR, Errno.EAGAIN, Request.Op.READ, true),
        FAILED_READ(Fault.Op.READ, Fault.Effect.ERROR, Errno.EIO, Request.Op.READ, false),
        INTERRUPTED_ZEROES(Fault.Op.FALLOCATE, Fault.Effect.ERROR, Errno.EINTR, Request.Op.WRITE_ZEROES, true),
        NO_SPACE_FOR_ZEROES(Fault.Op.FALLOCATE, Fault.Effect.ERROR, Errno.ENOSPC, Request.Op.WRITE_ZEROES, false),
        FAILED_ZEROES(Fault.Op.FALLOCATE, Fault.Effect.ERROR, Errno.EIO, Request.Op.WRITE_ZEROES, false),
        UNKNOWN_ZEROES(Fault.Op.FALLOCATE, Fault.Effect.ERROR, Errno.EOPNOTSUPP, Request.Op.WRITE_ZEROES, true),
        FAILED_DISCARD(Fault.Op.FALLOCATE, Fault.Effect.ERROR, Errno.EIO, Request.Op.DISCARD, false),
        UNKNOWN_DISCARD(Fault.Op.FALLOCATE, Fault.Effect.ERROR, Errno.EOPNOTSUPP, Request.Op.DISCARD, true);

        private final Fault.Op call;
        private final Fault.Effect effect;
        private final long argument;
        private final Request.Op op;
        private final boolean hidden;

        Case(Fault.Op call, Fault.Effect effect, long argument, Request.Op op, boolean hidden) {
            this.call = call;
            this.effect = effect;
            this.argument = argument;
            this.op = op;
            this.hidden = hidden;
        }

        Fault fault() {
            return new Fault(call, 0, Long.MAX_VALUE, 0, 1, effect, argument);
        }
    }

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final MemorySegment look = Arena.ofAuto().allocate(MOST, PAGE);
    private FaultyFile file;
    private byte[] model;

    @BeforeEach
    void serve(@TempDir Path folder) throws Exception {
        FaultyFile.missing().ifPresent(Assumptions::abort);
        file = FaultyFile.serve(folder, SIZE);
        model = new byte[SIZE];
    }

    @AfterEach
    void close() throws Exception {
        if (file != null) {
            file.close();
        }
    }

    private Backend open(boolean direct) throws Exception {
        return Backends.open(file.path().toString(), BackendOptions.NONE.withDirect(direct));
    }

    /** System calls of the worker: FUSE cannot tell what is at hand. */
    @ParameterizedTest
    @EnumSource
    @Spec({"R-30", "DU-06"})
    void inline(Case fault) throws Exception {
        each(fault, false);
    }

    /** Requests of the ring, done again aside where they end otherwise than whole. */
    @ParameterizedTest
    @EnumSource
    @Spec({"R-30", "DU-06"})
    void ring(Case fault) throws Exception {
        each(fault, true);
    }

    /** One after the other in one life of the backend. */
    private void each(Case fault, boolean direct) throws Exception {
        try (var backend = open(direct);
                var worker = new Worker(backend, 1);
                var memory = new GuestMemory(MOST + PAGE);
                var fd = Fd.open(file.path().toString(), OpenFlags.O_RDWR)) {
            for (int request = 0; request < REQUESTS; request++) {
                file.add(fault.fault());
                one(fault, fault.op, direct, worker, memory, fd, true);
                file.clear();
            }
            // What the file system does not know is asked for once, and done otherwise from then on.
            int fewest = fault == Case.UNKNOWN_ZEROES ? 1 : REQUESTS;
            assertThat(file.hits()).as("faults that were met").isGreaterThanOrEqualTo(fewest);
        }
    }

    /** A new life for each: the fault comes at its k-th request. */
    @ParameterizedTest
    @EnumSource
    @Tag("soak")
    @Spec({"R-30", "DU-06"})
    void atEachRequestOfALife(Case fault) throws Exception {
        var ops = Request.Op.values();
        for (int k = 0; k < REQUESTS; k++) {
            boolean direct = k % 2 == 1;
            try (var backend = open(direct);
                    var worker = new Worker(backend, 1);
                    var memory = new GuestMemory(MOST + PAGE);
                    var fd = Fd.open(file.path().toString(), OpenFlags.O_RDWR)) {
                for (int i = 0; i < k; i++) {
                    one(fault, ops[random.nextInt(ops.length)], direct, worker, memory, fd, false);
                }
                file.add(fault.fault());
                one(fault, fault.op, direct, worker, memory, fd, true);
                file.clear();
                one(fault, Request.Op.READ, direct, worker, memory, fd, false);
            }
        }
        assertThat(file.hits()).as("faults that were met").isGreaterThanOrEqualTo(REQUESTS);
    }

    private void one(
            Case fault, Request.Op op, boolean direct, Worker worker, GuestMemory memory, Fd fd, boolean faulty)
            throws Exception {
        int pages = 2 + random.nextInt(MOST_PAGES - 1);
        int offset = random.nextInt(SIZE / PAGE - pages) * PAGE;
        var request = request(op, offset, pages * PAGE, memory, direct);
        byte value = (byte) (1 + random.nextInt(100));
        memory.part(0, MOST).fill(op == Request.Op.READ ? (byte) 101 : value);
        int errno = worker.run(request);
        var as = fault + " of " + op + " at " + offset + ", seed " + seed;
        if (!faulty || (fault.hidden && !mayFail(fault, direct))) {
            assertThat(errno).as(as).isZero();
        } else if (!fault.hidden) {
            assertThat(errno).as(as).isNotZero();
        }
        assertThat(FileIo.pread(fd, look.address(), request.length, offset)).isEqualTo(request.length);
        var now = look.asSlice(0, request.length).toArray(ValueLayout.JAVA_BYTE);
        var old = Arrays.copyOfRange(model, offset, offset + now.length);
        var wanted = new byte[now.length];
        Arrays.fill(wanted, op == Request.Op.WRITE ? value : 0);
        if (op == Request.Op.READ) {
            assertThat(now).as(as).isEqualTo(old);
            if (errno == 0) {
                assertThat(memory.part(0, now.length).toArray(ValueLayout.JAVA_BYTE))
                        .as(as)
                        .isEqualTo(old);
            }
        } else if (op != Request.Op.DISCARD && errno == 0) {
            assertThat(now).as(as + ", success").isEqualTo(wanted);
        } else {
            for (int i = 0; i < now.length; i++) {
                if (now[i] != old[i] && now[i] != wanted[i]) {
                    fail(as + ", errno " + errno + ": byte " + i + " is " + now[i]);
                }
            }
        }
        System.arraycopy(now, 0, model, offset, now.length);
    }

    /** The kernel makes an error of a short asynchronous write on FUSE (fuse_get_res_by_io): it may be passed on. */
    private static boolean mayFail(Case fault, boolean direct) {
        return direct && (fault == Case.ODD_SHORT_WRITE || fault == Case.ODD_SHORT_READ || fault == Case.SHORT_WRITE);
    }

    /** Pieces of odd lengths where the page cache, or none, takes them. */
    private Request request(Request.Op op, int offset, int length, GuestMemory memory, boolean direct) {
        var request = new Request();
        request.op = op;
        request.offset = offset;
        request.length = length;
        request.unmap = op == Request.Op.WRITE_ZEROES && random.nextBoolean();
        request.iov = memory.address() + MOST;
        int cut = direct ? PAGE : 512 + random.nextInt(PAGE);
        request.iovCount = 2;
        Iovecs.set(request.iov, 0, memory.address(), cut);
        Iovecs.set(request.iov, 1, memory.address() + cut, length - cut);
        return request;
    }
}
