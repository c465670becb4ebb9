package io.vduse4j.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When a worker looks on before it sleeps. */
class IdleSpinTest {

    private static final int SLEEPS = 6_400;

    private static int tries(IdleSpin spin, boolean paid) {
        int tries = 0;
        for (int sleep = 0; sleep < SLEEPS; sleep++) {
            if (spin.nanos() > 0) {
                tries++;
                if (paid) {
                    spin.paid();
                } else {
                    spin.wasVain();
                }
            }
        }
        return tries;
    }

    @Test
    void whatIsAskedForIsDoneEachTime() {
        IdleSpin spin = new IdleSpin(50_000);
        assertThat(spin.nanos()).isEqualTo(50_000);
        assertThat(tries(spin, false)).isEqualTo(SLEEPS);
    }

    /** A driver that sleeps pays for one vain look in 64. */
    @Test
    void itIsSeldomDoneInVain() {
        IdleSpin spin = new IdleSpin(0);
        assertThat(tries(spin, false)).isEqualTo(SLEEPS / 64);
        assertThat(spin.nanos()).isZero();
    }

    @Test
    void itIsDoneWhileItPays() {
        IdleSpin spin = new IdleSpin(0);
        assertThat(tries(spin, true)).as("all but those before the first try").isEqualTo(SLEEPS - 63);
        assertThat(spin.nanos())
                .as("as long as a sleep costs, or more would be lost")
                .isBetween(1_000L, 8_000L);
    }

    /** Some vain looks do not end it, for the next request may only have been late. */
    @Test
    void itEndsAfterEightVainLooks() {
        IdleSpin spin = new IdleSpin(0);
        spin.paid();
        for (int look = 0; look < 8; look++) {
            assertThat(spin.nanos()).isPositive();
            spin.wasVain();
        }
        assertThat(spin.nanos()).isZero();
    }
}
