package io.vduse4j.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.junit.jupiter.api.Test;

class SparseLogTest {
    private long now = Long.MAX_VALUE - 1;
    private final List<String> lines = new ArrayList<>();

    private final System.Logger logger = new System.Logger() {
        @Override
        public String getName() {
            return "test";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
            lines.add(level + " " + text);
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
            lines.add(level + " " + format);
        }
    };

    @Test
    void oneLineAndThenHowManyWereLeftOut() {
        var log = new SparseLog(logger, System.Logger.Level.WARNING, Duration.ofSeconds(10), () -> now);
        for (int i = 0; i < 1000; i++) {
            log.line("lost");
            now += 9_999_999;
        }
        assertThat(lines).containsExactly("WARNING lost");
        now += 1_000_000;
        log.line("lost again");
        assertThat(lines).last().isEqualTo("WARNING lost again (999 such lines before were left out)");
        now += 10_000_000_000L;
        log.line("once more");
        assertThat(lines).last().isEqualTo("WARNING once more");
    }
}
