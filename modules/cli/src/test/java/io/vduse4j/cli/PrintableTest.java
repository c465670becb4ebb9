package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PrintableTest {
    @Test
    void plainTextStays() {
        assertThat(Printable.line("/srv/a b\\x/Größe→.img \ud83d\udcbe"))
                .isEqualTo("/srv/a b\\x/Größe→.img \ud83d\udcbe");
    }

    @Test
    void nothingReachesTheTerminalButLetters() {
        assertThat(Printable.line("a\nb\rc\td")).isEqualTo("a\\nb\\rc\\td");
        assertThat(Printable.line("\u001b[31m\u0000\u007f\u009b")).isEqualTo("\\u001b[31m\\u0000\\u007f\\u009b");
        assertThat(Printable.line("x\u202etxt\u2028y\ufeff")).isEqualTo("x\\u202etxt\\u2028y\\ufeff");
        assertThat(Printable.line("\ud800lone")).isEqualTo("\\ud800lone");
        assertThat(Printable.line("\udb40\udc41tag")).isEqualTo("\\udb40\\udc41tag");
    }

    @Test
    void longLinesAreCut() {
        assertThat(Printable.line("x".repeat(Printable.MAX_LINE - 1))).hasSize(Printable.MAX_LINE - 1);
        assertThat(Printable.line("\n".repeat(1_000_000)))
                .hasSize(Printable.MAX_LINE)
                .endsWith("...");
    }
}
