package io.vduse4j.block.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Durability;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackendsTest {
    @ParameterizedTest
    @CsvSource({"memory:1M, 1048576", "null:1T, 1099511627776"})
    void aSchemeOpensItsBackend(String text, long size) throws Exception {
        try (var backend = Backends.open(text, BackendOptions.NONE)) {
            assertThat(backend.size()).isEqualTo(size);
            assertThat(backend.describe()).isEqualTo(text);
            assertThat(backend.limits().isVolatile())
                    .as("must not look durable (DU-12)")
                    .isTrue();
        }
    }

    /** What a killed process served from its memory is gone, and nobody may pretend otherwise (P1). */
    @ParameterizedTest
    @CsvSource({"memory:1M, false", "null:1T, true"})
    void onlyWhatLosesNothingMaySucceedAKilledProcess(String text, boolean survives) throws Exception {
        try (var backend = Backends.open(text, BackendOptions.NONE)) {
            assertThat(backend.durability().survivesProcess()).isEqualTo(survives);
        }
        assertThat(Durability.UNKNOWN.survivesProcess()).isFalse();
    }

    /** Two exports of memory:1M are two disks. */
    @ParameterizedTest
    @ValueSource(strings = {"memory:1M", "null:1T"})
    void whatIsMadeAnewIsNothingElse(String text) throws Exception {
        assertThat(Backends.identity(text)).isEmpty();
    }

    @Test
    void anUnknownSchemeNamesTheKnownOnes() {
        refused("memroy:1G", BackendOptions.NONE)
                .hasMessageContaining("memory:")
                .hasMessageContaining("null:");
    }

    /** The file backend is not in this module: so a path is told by its being missed. */
    @ParameterizedTest
    @ValueSource(strings = {"disk.img", "./memory:1G", "/dev/disk/by-path/pci-0000:00:02.0", "file:disk.img"})
    void aPathIsAFile(String text) {
        refused(text, BackendOptions.NONE).hasMessageContaining("no backend \"file\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory:", "memory:0", "memory:1000", "memory:x", "null:1G:2", "", ":1G"})
    void nonsenseIsRefused(String text) {
        refused(text, BackendOptions.NONE);
    }

    @Test
    void optionsThatDoNotFitAreRefused() throws Exception {
        refused("memory:1M", BackendOptions.NONE.withSize(2 << 20));
        refused("memory:1M", BackendOptions.NONE.withDirect(true));
        refused("memory:1M", BackendOptions.NONE.withBlockSize(700));
        refused("memory:2560", BackendOptions.NONE.withBlockSize(4096));
        var options = BackendOptions.NONE.withSize(1 << 20).withBlockSize(4096).withReadOnly(true);
        try (var backend = Backends.open("memory:1M", options)) {
            assertThat(backend.limits().blockSize()).isEqualTo(4096);
            assertThat(backend.limits().readOnly()).isTrue();
            assertThat(backend.limits().canDiscard()).isFalse();
        }
    }

    private static org.assertj.core.api.AbstractThrowableAssert<?, ?> refused(String text, BackendOptions options) {
        return assertThatThrownBy(() -> Backends.open(text, options).close())
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno()).isEqualTo(Errno.EINVAL));
    }
}
