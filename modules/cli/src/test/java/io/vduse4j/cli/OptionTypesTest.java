package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vduse4j.Disk;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

final class OptionTypesTest {
    @ParameterizedTest
    @CsvSource({"500ms,500", "10s,10000", "10,10000", "2m,120000", "0,0"})
    void durations(String text, long millis) {
        assertThat(new Durations().convert(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "1 s", "1.5s", "10h", "9999999999", "10S", "１s"})
    void notDurations(String text) {
        assertThatExceptionOfType(TypeConversionException.class).isThrownBy(() -> new Durations().convert(text));
    }

    @ParameterizedTest
    @CsvSource({"1,1 bytes", "512,512 bytes", "4096,4 KiB", "268435456,256 MiB", "1610612736,1536 MiB", "0,0 bytes"})
    void sizesForPeople(long bytes, String text) {
        assertThat(SizeText.of(bytes)).isEqualTo(text);
    }

    @Test
    void sizes() {
        assertThat(new SizeText().convert("512M")).isEqualTo(512L << 20);
        assertThatExceptionOfType(TypeConversionException.class)
                .isThrownBy(() -> new SizeText().convert("12x"))
                .withMessage("'12x' is not a size such as 4096, 512M or 1G");
    }

    @Test
    void processors() {
        assertThat(new CpuList().convert("0,2-4,3")).containsExactly(0, 2, 3, 4);
        assertThat(new CpuList().convert("7")).containsExactly(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "0,", "3-2", "a", "-1", "1-", "0-9999", "99999"})
    void notProcessors(String text) {
        assertThatExceptionOfType(TypeConversionException.class).isThrownBy(() -> new CpuList().convert(text));
    }

    @Test
    void polling() {
        assertThat(new PollTime().convert("0")).isZero();
        assertThat(new PollTime().convert("1000000")).isEqualTo(1_000_000);
        assertThat(new PollTime().convert("always")).isEqualTo(Disk.POLL_ALWAYS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1000001", "9999999999999999999", "never", "1us"})
    void notPolling(String text) {
        assertThatExceptionOfType(TypeConversionException.class).isThrownBy(() -> new PollTime().convert(text));
    }
}
