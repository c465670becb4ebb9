package io.vduse4j.block.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Durability;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.Request.Op;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every backend must hold. Inherit it and say how to make one. {@code -Dseed=N} repeats a run.
 */
public abstract class BackendContract {
    private static final int ROUNDS = 150;
    private static final int MOST_AT_ONCE = 12;

    /** Says how to repeat a run that failed. */
    @RegisterExtension
    final AfterTestExecutionCallback tellSeed = context -> {
        if (context.getExecutionException().isPresent()) {
            System.err.println(context.getDisplayName() + ": repeat with -Dseed=" + this.seed);
        }
    };

    private long seed;
    private SplittableRandom random;
    private Backend backend;
    private byte[] model;

    /** Made anew for each test. */
    protected BackendContract() {}

    /**
     * Makes a writable volume of 2 to 32 MiB, with any content.
     *
     * @param directory empty, removed after the test
     */
    protected abstract Backend create(Path directory) throws Exception;

    /** Tells whether the volume keeps what is written; otherwise it reads as zeroes. */
    protected boolean keepsData() {
        return true;
    }

    @BeforeEach
    void open(@TempDir Path directory) throws Exception {
        seed = Long.getLong("seed", System.nanoTime());
        random = new SplittableRandom(seed);
        backend = create(directory);
        model = new byte[Math.toIntExact(backend.size())];
        try (var volume = new Volume(backend, model, keepsData())) {
            for (int at = 0; at < model.length; at += Volume.MAX_LENGTH) {
                var bytes = volume.readBack(at, Math.min(Volume.MAX_LENGTH, model.length - at));
                System.arraycopy(bytes, 0, model, at, bytes.length);
            }
        }
    }

    @AfterEach
    void close() throws Exception {
        backend.close();
        backend.close();
    }

    /** Returns what {@link #create} made for this test. */
    protected final Backend backend() {
        return backend;
    }

    private Volume volume() throws Exception {
        return new Volume(backend, model, keepsData());
    }

    private int block() {
        return backend.limits().blockSize();
    }

    private List<Op> writingOps() {
        var ops = new ArrayList<>(List.of(Op.WRITE));
        if (backend.limits().canDiscard()) {
            ops.add(Op.DISCARD);
        }
        if (backend.limits().canWriteZeroes()) {
            ops.add(Op.WRITE_ZEROES);
        }
        return ops;
    }

    /** Whether a killed process may be succeeded is known, and nothing that stores nothing looks durable. */
    @Test
    void itSaysWhatOutlivesTheProcess() {
        var durability = backend.durability();
        assertThat(durability.afterKill()).isNotEqualTo(Durability.AfterKill.UNKNOWN);
        assertThat(durability.reason()).isNotBlank();
        assertThat(durability.afterKill() == Durability.AfterKill.NEVER_STORED).isEqualTo(!keepsData());
        assertThat(durability.survivesProcess() || backend.limits().isVolatile())
                .as("what dies with the process must not look durable (DU-12)")
                .isTrue();
        assertThat(keepsData() || backend.limits().isVolatile())
                .as("what stores nothing must not look durable (DU-12)")
                .isTrue();
    }

    @Test
    void limitsAndSizeFit() {
        assertThat(backend.size() % block()).isZero();
        assertThat(backend.size()).isBetween(2L << 20, 32L << 20);
        assertThat(backend.limits().maxTransfer()).isGreaterThanOrEqualTo(Volume.MAX_LENGTH);
        assertThat(backend.describe()).isNotBlank();
    }

    @Test
    void randomRequestsActAsOnAnArray() throws Exception {
        try (var volume = volume()) {
            for (int round = 0; round < ROUNDS; round++) {
                batch(volume, 0, model.length, random);
            }
            backend.flush();
            volume.check(0, model.length);
        }
    }

    /** Some requests at once, none over another: the order of those in flight is nobody's promise (DU-08). */
    private void batch(Volume volume, int from, int to, SplittableRandom dice) {
        var taken = new java.util.BitSet();
        var started = new ArrayList<Volume.Started>();
        var ops = new ArrayList<>(writingOps());
        ops.add(Op.READ);
        ops.add(Op.READ);
        int most = 1 + dice.nextInt(MOST_AT_ONCE);
        for (int i = 0; i < most; i++) {
            int blocks = 1 + dice.nextInt(dice.nextInt(4) == 0 ? Volume.MAX_LENGTH / block() : 16);
            int first = from / block() + dice.nextInt((to - from) / block() - blocks + 1);
            if (taken.get(first, first + blocks).isEmpty()) {
                taken.set(first, first + blocks);
                var op = ops.get(dice.nextInt(ops.size()));
                int pieces = dice.nextInt(3) == 0 ? 2 + dice.nextInt(60) : dice.nextInt(2);
                started.add(volume.start(i, op, first * block(), blocks * block(), pieces, dice));
            }
        }
        volume.flushSubmissions();
        started.forEach(volume::finish);
    }

    @Test
    void firstAndLastBlocksAreReached() throws Exception {
        try (var volume = volume()) {
            for (var op : writingOps()) {
                for (int blocks : new int[] {1, 2, 9}) {
                    int length = blocks * block();
                    for (int offset : new int[] {0, block(), model.length - length}) {
                        volume.run(op, offset, length, 1, random);
                        volume.check(0, 64 << 10);
                        volume.check(model.length - (64 << 10), 64 << 10);
                    }
                }
            }
        }
    }

    @Test
    void zeroesAndDiscardsLeaveTheNeighboursAlone() throws Exception {
        int unit =
                Math.max(backend.limits().discardGranularity(), backend.limits().physicalBlockSize());
        try (var volume = volume()) {
            for (var op : writingOps()) {
                for (int start = -1; start <= 1; start++) {
                    for (int end = -1; end <= 1; end++) {
                        volume.run(Op.WRITE, 0, 4 * unit, 1, random);
                        int offset = unit + start * block();
                        volume.run(op, offset, 3 * unit + end * block() - offset, 1, random);
                        volume.check(0, 4 * unit);
                    }
                }
            }
        }
    }

    @Test
    void whatIsToldToBeZeroIs() throws Exception {
        try (var volume = volume()) {
            for (int round = 0; round < ROUNDS / 10; round++) {
                batch(volume, 0, model.length, random);
                for (long at = random.nextInt(model.length / block()) * (long) block(); at < model.length; ) {
                    long left = model.length - at;
                    var extent = backend.extent(at, left);
                    assertThat(extent.length() % block()).isZero();
                    assertThat(extent.length()).isBetween(1L, left);
                    if (extent.zero()) {
                        int from = (int) at;
                        assertThat(Arrays.mismatch(
                                        model,
                                        from,
                                        from + (int) extent.length(),
                                        new byte[(int) extent.length()],
                                        0,
                                        (int) extent.length()))
                                .as("first byte that is not zero, behind %d", at)
                                .isEqualTo(-1);
                    }
                    at += extent.length();
                }
            }
        }
    }

    @Test
    void moreIovecsThanOneSystemCallTakes() throws Exception {
        try (var volume = volume()) {
            for (int pieces : new int[] {1023, 1024, 1025, 3000}) {
                volume.run(Op.WRITE, 8 * block(), Volume.MAX_LENGTH, pieces, random);
                volume.run(Op.READ, 8 * block(), Volume.MAX_LENGTH, pieces, random);
            }
            volume.check(0, 4 * Volume.MAX_LENGTH);
        }
    }

    @Test
    void allSlotsAtOnce() throws Exception {
        int length = Math.min(Volume.MAX_LENGTH, model.length / Volume.SLOTS);
        try (var volume = volume()) {
            for (var op : List.of(Op.WRITE, Op.READ)) {
                var started = new ArrayList<Volume.Started>();
                for (int slot = 0; slot < Volume.SLOTS; slot++) {
                    started.add(volume.start(slot, op, slot * length, length, 2, random));
                }
                volume.flushSubmissions();
                started.forEach(volume::finish);
            }
        }
    }

    @Test
    void channelsWorkAtTheSameTime() throws Exception {
        int count = 3;
        int part = model.length / count / block() * block();
        var jobs = new ArrayList<Callable<Void>>();
        for (int i = 0; i < count; i++) {
            int from = i * part;
            var dice = random.split();
            jobs.add(() -> {
                try (var volume = volume()) {
                    for (int round = 0; round < ROUNDS / 3; round++) {
                        batch(volume, from, from + part, dice);
                        if (round % 10 == 0) {
                            backend.flush();
                        }
                    }
                    volume.check(from, part);
                }
                return null;
            });
        }
        try (var threads = Executors.newFixedThreadPool(count)) {
            for (var job : threads.invokeAll(jobs, 60, TimeUnit.SECONDS)) {
                job.get();
            }
        }
        try (var volume = volume()) {
            volume.check(0, model.length);
        }
    }

    @Test
    void vanishedMemoryIsAnErrorOfItsRequestOnly() throws Exception {
        int length = 64 << 10;
        try (var worker = new Worker(backend, 2);
                var lost = new GuestMemory(length);
                var iovec = new GuestMemory(4096)) {
            lost.vanish();
            Iovecs.set(iovec.address(), 0, lost.address() + 24, length / 2);
            for (var op : keepsData() ? List.of(Op.READ, Op.WRITE) : List.of(Op.READ)) {
                var request = new Request();
                request.op = op;
                request.length = length / 2;
                request.iov = iovec.address();
                request.iovCount = 1;
                assertThat(worker.run(request)).as("errno of %s", op).isPositive();
                assertThat(request.iov).as("the request is as it was").isEqualTo(iovec.address());
            }
        }
        try (var volume = volume()) {
            volume.run(Op.WRITE, 0, length, 5, random);
            volume.check(0, model.length);
        }
    }
}
