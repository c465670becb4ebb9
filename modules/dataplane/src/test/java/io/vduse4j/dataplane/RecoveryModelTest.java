package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.dataplane.inflight.CrashingWords;
import io.vduse4j.dataplane.inflight.InflightLogException;
import io.vduse4j.dataplane.inflight.WrongWords;
import io.vduse4j.dataplane.inflight.WrongWords.Wrong;
import io.vduse4j.virtio.InFlight;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many histories of a device that dies before any store of its log, also while it recovers. */
@Spec({"CR-01", "CR-03", "CR-04", "CR-06", "CR-14", "R-18"})
class RecoveryModelTest {

    private static final int QUICK = 4_000;
    private static final int FULL = 100_000;

    @ParameterizedTest
    @CsvSource({
        "false, 1, 0",
        "false, 4, 0",
        "false, 4, 1000",
        "false, 8, 65534",
        "true, 1, 0",
        "true, 3, 0",
        "true, 4, 0",
        "true, 7, 0",
        "true, 8, 0"
    })
    void nothingIsLostOrDoneAfterItsEnd(boolean packed, int size, int start) {
        assertThat(firstFailure(QUICK, packed, size, start, CrashingWords::new, UnaryOperator.identity()))
                .isEmpty();
    }

    @Tag("full")
    @ParameterizedTest
    @CsvSource({"false, 4, 0", "false, 4, 1000", "false, 4, 65534", "true, 4, 0", "true, 8, 0"})
    void nothingIsLostOrDoneAfterItsEndInMany(boolean packed, int size, int start) {
        assertThat(firstFailure(FULL, packed, size, start, CrashingWords::new, UnaryOperator.identity()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "FLAG_BEFORE_COUNTER, false, 0",
        "NO_FIRST_INDEX, false, 1000",
        "NO_MISMATCH, false, 0",
        "USED_IN_TWO_STORES, true, 0",
        "SHADOWS_BEFORE_LIST, true, 0"
    })
    void aWrongOrderIsFoundOut(Wrong wrong, boolean packed, int start) {
        RecoveryWorld.Words words = region -> new WrongWords(region, wrong);
        assertThat(firstFailure(QUICK, packed, 4, start, words, UnaryOperator.identity()))
                .isPresent();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlagThatIsClearedBeforeThePublicationIsFoundOut(boolean packed) {
        assertThat(firstFailure(QUICK, packed, 4, 0, CrashingWords::new, RecoveryWorld::clearedFirst))
                .isPresent();
    }

    /** What the later chains of a batch have in the ring is believed one day. */
    @Test
    void flagsOfLaterChainsBeforeTheFirstAreFoundOut() throws InflightLogException {
        boolean found = false;
        for (int seed = 0; seed < QUICK && !found; seed++) {
            try (Arena arena = Arena.ofConfined()) {
                new RecoveryWorld(arena, seed, true, 4, 0, CrashingWords::new, UnaryOperator.identity())
                        .lastFlagsFirst()
                        .run();
            } catch (AssertionError wrong) {
                found = true;
            }
        }
        assertThat(found).isTrue();
    }

    private static Optional<String> firstFailure(
            int histories,
            boolean packed,
            int size,
            int start,
            RecoveryWorld.Words words,
            UnaryOperator<InFlight> between) {
        for (int seed = 0; seed < histories; seed++) {
            try (Arena arena = Arena.ofConfined()) {
                new RecoveryWorld(arena, seed, packed, size, start, words, between).run();
            } catch (AssertionError | RuntimeException | InflightLogException e) {
                return Optional.of("seed " + seed + ": " + e);
            }
        }
        return Optional.empty();
    }
}
