package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.faulty.Fault;
import io.vduse4j.testkit.faulty.FaultyFile;
import io.vduse4j.testkit.faulty.FileEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process is killed while the kernel works on its write. That write will be done, whatever becomes of the process: what
 * its successor writes to the same block must come after it.
 */
@Spec({"CR-07", "R-19"})
class ZombieWriteTest {

    private static final int OLDER = 0x11;
    private static final int NEWER = 0x22;

    /** Longer than any opening waits without a fence. */
    private static final Duration FROZEN = Duration.ofSeconds(5);

    private static final Duration FENCE = Duration.ofSeconds(25);

    @TempDir
    private Path folder;

    @BeforeEach
    void canBeDoneHere() {
        var missing = FaultyFile.missing();
        Assumptions.assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
    }

    /**
     * By a system call of the worker, and by the ring. Of a buffered write the process waits for its thread in the kernel,
     * and others for the lock of the inode; only the ring goes on alone, so only there it is our fence that is seen.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theSuccessorWritesAfterIt(boolean ring) throws Exception {
        try (var file = FaultyFile.serve(folder, 1 << 20)) {
            file.add(Fault.on(Fault.Op.WRITE)
                    .at(BlockWrite.BLOCK, BlockWrite.BLOCK)
                    .freeze());
            var predecessor = BlockWrite.start(file.path(), OLDER, ring);
            try {
                file.awaitFrozen(1);
                predecessor.destroyForcibly();
                var opened = new AtomicBoolean();
                var successor = CompletableFuture.runAsync(() -> succeed(file.path(), ring, opened));
                TimeUnit.NANOSECONDS.sleep(FROZEN.toNanos());
                assertThat(opened)
                        .as("it has the volume before its predecessor's last write")
                        .isFalse();
                file.thaw();
                end(successor);
                assertThat(predecessor.waitFor(10, TimeUnit.SECONDS)).isTrue();
            } finally {
                file.thaw(); // or neither could end
                predecessor.destroyForcibly();
            }
            var values = file.trace().stream()
                    .filter(event -> event.op() == Fault.Op.WRITE)
                    .map(ZombieWriteTest::value)
                    .toList();
            assertThat(values).as("what was written, in its order").containsExactly(OLDER, NEWER);
        }
    }

    private static void succeed(Path path, boolean ring, AtomicBoolean opened) {
        try (var backend =
                Backends.open(path.toString(), BlockWrite.options(ring).withFence(FENCE))) {
            opened.set(true);
            BlockWrite.of(backend, NEWER);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private static void end(CompletableFuture<Void> successor) throws Exception {
        try {
            successor.get(FENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException problem) {
            throw new AssertionError("the successor failed", problem.getCause());
        }
    }

    private static int value(FileEvent write) {
        return write.data().get(ValueLayout.JAVA_BYTE, 0);
    }
}
