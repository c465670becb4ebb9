package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vduse4j.linux.LinuxException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class ConsoleTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final CountDownLatch reader = new CountDownLatch(1);

    /** A terminal on which somebody has pressed Ctrl-S. */
    private final OutputStream stuck = new OutputStream() {
        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                assertThat(reader.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException end) {
                throw new IOException(end);
            }
            written.write(bytes, offset, length);
        }
    };

    private Console console(OutputStream err) {
        return new Console(
                new PrintStream(OutputStream.nullOutputStream()), new PrintStream(err, false, StandardCharsets.UTF_8));
    }

    @Test
    void aStuckTerminalStopsNobody() {
        var console = console(stuck);
        for (int line = 0; line < 5000; line++) {
            console.say("line " + line);
        }
        console.drain(Duration.ofMillis(50));
        assertThat(written.size()).isZero();

        reader.countDown();
        console.drain(Duration.ofSeconds(20));
        var lines = written.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).contains("vduse: line 0", "vduse: line 999").hasSizeBetween(1001, 1002);
        // One may have been taken from the queue before it was full.
        assertThat(lines)
                .anyMatch(line -> line.matches("vduse: (3999|4000) lines were dropped, because nobody read them"));
    }

    @Test
    void debugNeedsVerbose() {
        var console = console(written);
        console.debug("hidden");
        console.verbose(true);
        console.debug("shown");
        console.drain(Duration.ofSeconds(20));
        assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo("vduse: shown\n");
    }

    @Test
    void aLostOutputIsAnError() {
        var full = new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                throw new IOException("no space left");
            }
        };
        var console = new Console(new PrintStream(full), new PrintStream(written));
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> console.out("/dev/vdb\n"))
                .withMessageContaining("standard output");
    }
}
