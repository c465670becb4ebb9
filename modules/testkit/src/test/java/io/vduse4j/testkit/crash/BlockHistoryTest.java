package io.vduse4j.testkit.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.crash.BlockHistory.Kind;
import io.vduse4j.testkit.crash.BlockHistory.Promise;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each way in which a block can be wrong is told, and nothing that may be is. */
class BlockHistoryTest {
    private static final int BLOCK = 512;
    private static final int FIRST = 7;

    private final BlockHistory history = new BlockHistory(99, BLOCK, FIRST, 2);
    private final byte[] image = new byte[2 * BLOCK];

    /** A write to the first block; the image is left as it is. */
    private long write(boolean answered) {
        long sequence = history.submitted(Kind.WRITE, FIRST, 1);
        if (answered) {
            history.ended(sequence, true);
        }
        return sequence;
    }

    private void flush() {
        history.ended(history.flushSubmitted(), true);
    }

    private void holds(long sequence) {
        System.arraycopy(history.data(sequence, FIRST, 1), 0, image, 0, BLOCK);
    }

    private Optional<Violation.Kind> check(Promise promise) {
        List<Violation> found = history.check(image, System.nanoTime(), promise);
        assertThat(found).hasSizeLessThan(2).allMatch(one -> one.block() == FIRST);
        return found.stream().map(Violation::kind).findFirst();
    }

    @Test
    void whatWasCompletedLastsThroughADeathAndWhatWasFlushedThroughAllElse() {
        assertThat(check(Promise.COMPLETED)).isEmpty();
        long first = write(true);
        assertThat(check(Promise.COMPLETED)).contains(Violation.Kind.LOST);
        assertThat(check(Promise.FLUSHED)).isEmpty();
        flush();
        assertThat(check(Promise.FLUSHED)).contains(Violation.Kind.LOST);
        holds(first);
        assertThat(check(Promise.FLUSHED)).isEmpty();
        long second = write(true);
        assertThat(check(Promise.COMPLETED)).contains(Violation.Kind.LOST);
        assertThat(check(Promise.FLUSHED)).isEmpty();
        holds(second);
        assertThat(check(Promise.COMPLETED)).isEmpty();
        flush();
        holds(first);
        assertThat(check(Promise.FLUSHED)).as("old after newer").contains(Violation.Kind.LOST);
    }

    @Test
    void aFlushCoversOnlyWhatWasCompletedBeforeItWasSubmitted() {
        long flush = history.flushSubmitted();
        write(true);
        history.ended(flush, true);
        assertThat(check(Promise.FLUSHED)).isEmpty();
        history.ended(history.flushSubmitted(), false);
        assertThat(check(Promise.FLUSHED)).as("a flush that failed").isEmpty();
    }

    @Test
    void whatWasNotAnsweredMayHaveHappened() {
        long first = write(true);
        long second = write(false);
        holds(first);
        assertThat(check(Promise.COMPLETED)).isEmpty();
        holds(second);
        assertThat(check(Promise.COMPLETED)).isEmpty();
        history.ended(second, false);
        assertThat(check(Promise.COMPLETED)).isEmpty();
        holds(first);
        assertThat(check(Promise.COMPLETED)).isEmpty();
    }

    @Test
    void ofTwoThatOverlapInTimeEitherMayBeLast() {
        long first = history.submitted(Kind.WRITE, FIRST, 1);
        long second = write(true);
        history.ended(first, true);
        flush();
        for (long sequence : new long[] {first, second}) {
            holds(sequence);
            assertThat(check(Promise.FLUSHED)).isEmpty();
        }
    }

    @Test
    void zeroesAreAValueAndDiscardsMayBe() {
        holds(write(true));
        history.ended(history.submitted(Kind.DISCARD, FIRST, 1), true);
        assertThat(check(Promise.COMPLETED)).isEmpty();
        Arrays.fill(image, (byte) 0);
        assertThat(check(Promise.COMPLETED)).isEmpty();
        long second = write(true);
        assertThat(check(Promise.COMPLETED)).contains(Violation.Kind.LOST);
        holds(second);
        history.ended(history.submitted(Kind.ZEROES, FIRST, 1), true);
        assertThat(check(Promise.COMPLETED)).as("zeroes were promised").contains(Violation.Kind.LOST);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 25, 100, 256, BLOCK - 6})
    void aMixtureIsTorn(int at) {
        long first = write(true);
        holds(first);
        byte[] second = history.data(write(true), FIRST, 1);
        System.arraycopy(second, at, image, at, BLOCK - at);
        assertThat(check(Promise.FLUSHED)).isEqualTo(at == 0 ? Optional.empty() : Optional.of(Violation.Kind.TORN));
        Arrays.fill(image, 0, at, (byte) 0);
        assertThat(check(Promise.FLUSHED)).isEqualTo(at == 0 ? Optional.empty() : Optional.of(Violation.Kind.TORN));
    }

    @Test
    void whatBelongsElsewhereIsForeign() {
        long sequence = write(true);
        System.arraycopy(history.data(sequence, FIRST + 1, 1), 0, image, 0, BLOCK);
        assertThat(check(Promise.COMPLETED)).contains(Violation.Kind.FOREIGN);
        var other = new BlockHistory(98, BLOCK, FIRST, 2);
        System.arraycopy(other.data(sequence, FIRST, 1), 0, image, 0, BLOCK);
        assertThat(check(Promise.COMPLETED)).contains(Violation.Kind.FOREIGN);
    }

    @Test
    void nothingIsThereBeforeItWasAskedFor() {
        long before = System.nanoTime();
        holds(write(true));
        assertThat(history.check(image, before - 1, Promise.COMPLETED))
                .extracting(Violation::kind)
                .containsExactly(Violation.Kind.EARLY);
        holds(1000);
        assertThat(check(Promise.COMPLETED)).contains(Violation.Kind.EARLY);
    }

    @Test
    void whatWasReplacedDoesNotComeBack() {
        long first = write(false);
        long second = write(false);
        holds(first);
        assertThat(history.observe(image)).isEmpty();
        holds(second);
        assertThat(history.observe(image)).isEmpty();
        holds(first);
        assertThat(history.observe(image)).extracting(Violation::kind).containsExactly(Violation.Kind.RESURRECTED);
    }

    /** A history of any length takes no more memory than what can still be right. */
    @Test
    void whatCanNeverBeRightIsForgottenAndStillWrong() {
        long first = write(true);
        long last = write(true);
        holds(last);
        assertThat(history.observe(image)).isEmpty();
        assertThat(history.answers()).hasSize(1);
        holds(first);
        assertThat(check(Promise.COMPLETED)).contains(Violation.Kind.LOST);
    }
}
