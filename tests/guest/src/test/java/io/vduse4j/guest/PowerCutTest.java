package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The power of a machine is cut while its disk is written, on and on: QEMU is killed, and with it the page cache and all
 * that is under way. What was completed before a completed flush was submitted is there in the next life (P2), and no
 * block is a mixture (DU-07). An image in the page cache is another matter, for the kernel writes a page back while it is
 * changed: there a block may be made of what was promised and of what was written since, and of nothing else.
 *
 * <p>Run outside of the guest, by {@code tests/guest/power-cut}; {@link PowerLife} is inside.
 */
@Tag("power-cut")
final class PowerCutTest {
    private static final int KILLS = Integer.getInteger("kills", 20);
    private static final long SEED = Long.getLong("seed", 1);

    private static final Duration BOOT = Duration.ofMinutes(4);
    private static final int LONGEST_LIFE_MILLIS = 6000;

    private final Path folder = Shell.root().resolve("tests/guest/target/power-cut");
    private final Path out = folder.resolve("out");
    private final Path disk = folder.resolve("disk.img");
    private final Random random = new Random(SEED);

    @BeforeEach
    void clean() throws IOException {
        Shell.sh("rm -rf %1$s; mkdir -p %2$s; truncate -s 128M %3$s".formatted(folder, out, disk))
                .ok();
    }

    @Test
    @Timeout(4 * 3600)
    void whatWasFlushedOutlivesThePower() throws Exception {
        long writes = 0;
        for (int life = 0; life < KILLS; life++) {
            writes += cut(life, way(life));
            judge(life);
        }
        check(KILLS);
        judge(KILLS);
        Evidence.show(
                "seed %d: the power was cut %d times; all of %d writes before a flush were there", SEED, KILLS, writes);
    }

    private static PowerLife.Way way(int life) {
        return life % 2 == 0 ? PowerLife.Way.BUFFERED : PowerLife.Way.DIRECT;
    }

    /** Looks at what a life has found of the one before. */
    private void judge(int life) throws IOException {
        boolean mayMix = life > 0 && way(life - 1) == PowerLife.Way.BUFFERED;
        for (var line : found(life)) {
            Evidence.show("life %d found %s", life, line);
        }
        assertThat(found(life))
                .as("life %d, seed %d", life, SEED)
                .allMatch(line -> mayMix && line.contains("kind=MIXED"));
    }

    @Test
    void aFlushThatDoesNothingIsNoticed() throws Exception {
        cut(0, PowerLife.Way.NO_FLUSH);
        check(1);
        assertThat(found(1)).isNotEmpty().allMatch(line -> line.contains("kind=LOST"));
        Evidence.show("%d blocks are lost, such as %s", found(1).size(), found(1).getFirst());
    }

    private List<String> found(int life) throws IOException {
        return Files.readAllLines(PowerLife.found(out, life));
    }

    private Shell.Running boot(int life, PowerLife.Way way) throws IOException {
        return Shell.start(
                Map.of(),
                Shell.root().resolve("guest").toString(),
                "--timeout",
                Long.toString(BOOT.toSeconds()),
                "--memory",
                "2048",
                "--out",
                out.toString(),
                "--disk",
                disk.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                PowerLife.class.getName(),
                Integer.toString(life),
                Long.toString(SEED),
                way.name());
    }

    /** Lives, and dies some time after the first flush; returns how many writes were completed before one. */
    private long cut(int life, PowerLife.Way way) throws IOException {
        var ledger = PowerLife.ledger(out, life);
        try (var guest = boot(life, way)) {
            Wait.until("a flush of life " + life, BOOT, () -> {
                if (!guest.process().isAlive()) {
                    throw new AssertionError("the guest has ended: " + Shell.Running.text(guest.out())
                            + Shell.Running.text(guest.err())
                            + (Files.exists(PowerLife.found(out, life)) ? found(life) : ""));
                }
                return Files.exists(ledger) && PowerLedger.told(ledger).lines() > 1;
            });
            int millis = random.nextInt(LONGEST_LIFE_MILLIS);
            Wait.pause(millis);
            var machine = guest.process()
                    .descendants()
                    .filter(one -> one.info().command().orElse("").endsWith("qemu-system-x86_64"))
                    .toList();
            assertThat(machine).hasSize(1);
            assertThat(machine.getFirst().destroyForcibly()).isTrue();
            guest.await(Shell.PATIENCE);
            assertThat(out.resolve("exit")).as("it was killed in the midst").doesNotExist();
            var told = PowerLedger.told(ledger);
            Evidence.show(
                    "life %d, %s: killed %d ms after its first flush; %d flushes, %d writes before, up to %d at once,"
                            + " %.0f s in all",
                    life,
                    way,
                    millis,
                    told.lines() - 1,
                    told.writes(),
                    told.depth(),
                    (System.nanoTime() - guest.began()) / 1e9);
            assertThat(told.depth()).as("writes under way at once").isGreaterThan(1);
            return told.writes();
        }
    }

    private void check(int life) throws IOException {
        try (var guest = boot(life, PowerLife.Way.CHECK)) {
            guest.await(BOOT.plusMinutes(1)).ok();
        }
    }
}
