package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DeviceNameTest {
    @ParameterizedTest
    @CsvSource({
        "disk.img, disk-disk.img",
        "/srv/images/db 0.img, disk-db-0.img",
        "file:/srv/größe.img, disk-gr--e.img",
        "file:x, disk-x",
        "./a:b, disk-a-b",
        "/dev/sdb/, disk-sdb",
        "memory:1G, disk-memory",
        "null:1T, disk-null",
        "../.., disk-..",
        "/, disk-"
    })
    void isMadeOfTheBackend(String backend, String name) {
        assertThat(DeviceName.of(backend)).isEqualTo(name);
        assertThat(DeviceName.fault(name)).isEmpty();
    }

    @Test
    void isNeverTooLong() {
        var name = DeviceName.of("/srv/" + "n".repeat(255));
        assertThat(name).hasSize(64);
        assertThat(DeviceName.fault(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", ".hidden", "a/b", "a b", "a\n", "größe", "a!", "control"})
    void isRefused(String name) {
        assertThat(DeviceName.fault(name)).isNotEmpty();
    }

    @Test
    void hasAtMost64Characters() {
        assertThat(DeviceName.fault("a".repeat(64))).isEmpty();
        assertThat(DeviceName.fault("a".repeat(65))).isNotEmpty();
    }
}
