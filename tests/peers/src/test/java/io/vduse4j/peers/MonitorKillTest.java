package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A virtual machine monitor keeps its rings, its memory and the log of what is in flight while its back end is killed again
 * and again under load: every sector holds what was last acknowledged, no request ends twice, none is stuck (P1, P3, R-14,
 * R-15, CR-01, CR-09).
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class MonitorKillTest {

    private static final int LONGEST_LIFE_MILLIS = 700;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingAcknowledgedIsLost(boolean packed) throws Exception {
        storm(packed, 3, 1);
    }

    @Tag("full")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingAcknowledgedIsLostInMany(boolean packed) throws Exception {
        storm(packed, 75, 2);
    }

    private void storm(boolean packed, int kills, long seed) throws Exception {
        Random random = new Random(seed);
        try (MonitorLoad load = new MonitorLoad(folder, packed, seed)) {
            for (int i = 0; i < kills; i++) {
                Thread.sleep(random.nextInt(LONGEST_LIFE_MILLIS));
                load.kill();
            }
            long requests = load.finish();
            System.out.printf("%d kills, packed %s: %d requests verified%n", kills, packed, requests);
            assertThat(requests).isGreaterThan(kills * 100L);
        }
    }
}
