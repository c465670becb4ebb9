package io.vduse4j.testkit.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.virtio.Fault;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Very many wrong chains, and a neighbour that notices nothing: none is lost, none is given back twice, nothing is written
 * that may not be, and after each reset the disk serves what is right.
 *
 * <p>{@code -Dhostile.seed=N} repeats a run, {@code -Dhostile.count=N} says how many chains the large one has.
 */
class HostileDriverTest {

    private static final long SEED = Long.getLong("hostile.seed", 1);

    /** All kinds of faults there are. */
    private static final long KINDS = Fault.values().length;

    @Test
    @Timeout(120)
    @Spec({
        "VS-02", "VS-05", "VS-07", "VS-10", "VS-11", "VS-14", "VS-17", "VP-04", "VP-05", "VP-11", "VP-12", "VP-14",
        "VB-07", "VB-08", "VB-09", "VB-13", "VB-15"
    })
    void fiftyThousandWrongChains() throws Exception {
        HostileReport report = run(50_000, 1_000, Duration.ofMillis(2));
        assertThat(report.kinds()).containsOnlyKeys(ChainKind.values());
        assertThat(report.breaks()).containsOnlyKeys(RingBreak.values());
        assertThat(report.good()).isGreaterThan(10_000);
    }

    @Test
    @Tag("soak")
    @Timeout(1800)
    @Spec({"VS-04", "VS-08", "VS-09", "VS-12", "VP-09", "VP-10", "VP-13", "VB-17", "VB-19"})
    void tenMillionWrongChains() throws Exception {
        run(Long.getLong("hostile.count", 10_000_000), 20_000, Duration.ofMillis(5));
    }

    private static HostileReport run(long count, int perLife, Duration neighboursPause) throws Exception {
        try (var faults = new LogCount("io.vduse4j.dataplane.FaultLog");
                var rig = new HostileRig();
                var neighbour = new Neighbour(rig.addDisk("neighbour"), SEED % 2 == 0, neighboursPause)) {
            Victim victim = rig.victim("victim");
            var driver = new HostileDriver(victim, SEED);
            HostileReport report;
            long start = System.nanoTime();
            try {
                report = driver.run(count, perLife);
            } finally {
                victim.device().close();
                driver.close();
            }
            System.out.println(report);
            System.out.println("  " + neighbour.finish() + "; " + faults.lines() + " lines for the log");
            assertThat(report.hostile()).isGreaterThanOrEqualTo(count);
            long seconds = (System.nanoTime() - start) / 1_000_000_000L + 2;
            assertThat(faults.lines()).as("ten a second for each kind (TM-03)").isLessThan(10 * KINDS * seconds);
            return report;
        }
    }
}
