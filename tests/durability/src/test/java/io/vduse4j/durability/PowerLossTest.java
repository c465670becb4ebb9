package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.crash.BlockHistory.Promise;
import io.vduse4j.testkit.crash.Violation;
import io.vduse4j.testkit.faulty.FaultyFile;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The power goes at every moment of a load, and what was flushed is there: over the real file backend, whose system
 * calls are recorded, and behind our queues. {@code -Dseed=N} repeats a run as far as its timing lets it.
 */
@Timeout(900)
class PowerLossTest {
    private static final int SIZE = 1 << 20;

    /** How the file is used. */
    enum Mode {
        BUFFERED(512, false, true),
        BUFFERED_4096(4096, false, true),
        DIRECT(4096, true, true),
        THROUGH(512, false, false),
        DIRECT_THROUGH(4096, true, false);

        private final int block;
        private final boolean direct;
        private final boolean flush;

        Mode(int block, boolean direct, boolean flush) {
            this.block = block;
            this.direct = direct;
            this.flush = flush;
        }
    }

    private final long seed = Long.getLong("seed", System.nanoTime());
    private FaultyFile file;

    @BeforeEach
    void serve(@TempDir Path folder) throws Exception {
        FaultyFile.missing().ifPresent(Assumptions::abort);
        file = FaultyFile.serve(folder, SIZE);
    }

    @AfterEach
    void close() throws Exception {
        if (file != null) {
            file.close();
        }
    }

    /** One life of a disk, and its crashes. */
    private PowerLoss run(Mode mode, UnaryOperator<Backend> over, int requests, int images) throws Exception {
        var options = BackendOptions.NONE.withDirect(mode.direct).withBlockSize(mode.block);
        var load = new PowerLoss(file, mode.block, seed);
        try (var backend = over.apply(Backends.open(file.path().toString(), options));
                var disk = new ServedFile(backend, 2, mode.flush ? 0 : BlkFeatures.FLUSH)) {
            load.run(disk, requests, mode.flush);
        }
        load.crash(images, mode.flush ? Promise.FLUSHED : Promise.COMPLETED, mode.block);
        return load;
    }

    @ParameterizedTest
    @EnumSource
    @Spec({"R-26", "P2", "DU-01", "DU-02", "DU-07", "DU-10"})
    void whatWasFlushedIsThere(Mode mode) throws Exception {
        var load = run(mode, backend -> backend, 300, 2000);
        System.err.println(mode + ", seed " + seed + ": " + load);
        assertThat(load.violations()).as("seed " + seed).isEmpty();
        assertThat(load.images()).isGreaterThanOrEqualTo(2000);
    }

    /** Lives of up to four requests, whose crashes are made in all combinations. */
    @ParameterizedTest
    @EnumSource
    @Spec({"R-26", "P2", "DU-07"})
    void whatFourRequestsLeaveIsAllRight(Mode mode) throws Exception {
        int images = 0;
        for (int life = 0; life < 20; life++) {
            var load = run(mode, backend -> backend, 1 + life % 4, Integer.MAX_VALUE);
            assertThat(load.violations()).as("seed " + seed + ", life " + life).isEmpty();
            images += load.images();
        }
        System.err.println(mode + ", seed " + seed + ": 20 short lives, " + images + " images");
        assertThat(images).isGreaterThan(100);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("full")
    @Spec({"R-26", "P2", "DU-01", "DU-02", "DU-07", "DU-10"})
    void aHundredThousandImages(Mode mode) throws Exception {
        int images = 0;
        int lives = 0;
        while (images < 100_000) {
            var load = run(mode, backend -> backend, 1000, 10_000);
            assertThat(load.violations()).as("seed " + seed + ", life " + lives).isEmpty();
            images += load.images();
            lives++;
        }
        System.err.println(mode + ", seed " + seed + ": " + images + " images of " + lives + " lives, 0 violations");
    }

    private List<Violation.Kind> kinds(Mode mode, UnaryOperator<Backend> sin) throws Exception {
        return run(mode, sin, 300, 2000).violations().stream()
                .map(Violation::kind)
                .distinct()
                .toList();
    }

    /** The tests above are worth nothing if they do not notice these. */
    @Test
    void aFlushThatDoesNothingIsNoticed() throws Exception {
        assertThat(kinds(Mode.BUFFERED, Sins::noFlush)).contains(Violation.Kind.LOST);
    }

    @Test
    void aFlushThatBeganTooEarlyIsNoticed() throws Exception {
        assertThat(kinds(Mode.BUFFERED, Sins::earlierFlush)).contains(Violation.Kind.LOST);
    }

    @Test
    void anAnswerBeforeTheWriteIsNoticed() throws Exception {
        assertThat(kinds(Mode.BUFFERED, Sins::earlyAnswers)).contains(Violation.Kind.LOST);
    }

    @Test
    void aWriteThatIsNotThroughIsNoticed() throws Exception {
        assertThat(kinds(Mode.THROUGH, Sins::notThrough)).contains(Violation.Kind.LOST);
    }

    /** A disk that promises blocks of 4096 bytes on storage that writes 512 in one piece. */
    @Test
    void aBlockThatCanBeTornIsNoticed() throws Exception {
        var options = BackendOptions.NONE.withBlockSize(4096);
        var load = new PowerLoss(file, 4096, seed);
        try (var backend = Backends.open(file.path().toString(), options);
                var disk = new ServedFile(backend, 2, 0)) {
            load.run(disk, 300, true);
        }
        load.crash(2000, Promise.FLUSHED, 512);
        assertThat(load.violations()).extracting(Violation::kind).contains(Violation.Kind.TORN);
    }

    /** What an operator of sins may throw. */
    static IllegalStateException failed(IOException problem) {
        return new IllegalStateException(problem);
    }
}
