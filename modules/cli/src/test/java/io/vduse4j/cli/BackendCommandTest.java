package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each backend shows what it promises, and none more than that (DU-11, DU-12). */
final class BackendCommandTest {
    private static Path image(Path folder) throws Exception {
        var image = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        return image;
    }

    private static String json(String backend) {
        var invocation = Invocation.of("backend", "show", backend, "-o", "json");
        assertThat(invocation.code()).as(invocation.err()).isZero();
        return invocation.out();
    }

    @ParameterizedTest
    @CsvSource({"memory:1M, no, false", "null:1M, never stored, true"})
    void whatLooksLikeADiskAndIsNoneSaysSo(String backend, String survives, boolean recovery) {
        var shown = json(backend);
        assertThat(shown).contains("\"writeSurvivesKill\":\"" + survives + "\"");
        assertThat(shown).contains("\"flushSurvivesPowerLoss\":false");
        assertThat(shown).contains("\"recovery\":" + recovery);
        var table = Invocation.of("backend", "show", backend).out();
        assertThat(table).contains("survives the loss of power  no", recovery ? "allowed" : "refused");
    }

    @Test
    void aFileOutlivesBoth(@TempDir Path folder) throws Exception {
        var image = image(folder);
        var shown = json(image.toString());
        assertThat(shown).contains("\"writeSurvivesKill\":\"yes\"");
        assertThat(shown).contains("\"flushSurvivesPowerLoss\":true");
        assertThat(shown).contains("\"blocksWholeAfterPowerLoss\":false");
        assertThat(shown).contains("\"recovery\":true");
        assertThat(shown).contains("\"size\":1048576,");
        var table = Invocation.of("backend", "show", image.toString());
        assertThat(table.out()).contains("file:" + image, "kill -9 of vduse", "yes", "1 MiB", "--direct", "allowed");
        assertThat(table.err()).isEmpty();
    }

    @Test
    void aFileInMemoryOutlivesOnlyTheProcess() throws Exception {
        var tmpfs = Path.of("/dev/shm");
        Assumptions.assumeTrue(Files.isWritable(tmpfs), tmpfs + " is not there");
        var folder = Files.createTempDirectory(tmpfs, "vduse4j");
        var image = image(folder);
        try {
            var shown = json(image.toString());
            assertThat(shown).contains("\"writeSurvivesKill\":\"yes\"");
            assertThat(shown).contains("\"flushSurvivesPowerLoss\":false");
        } finally {
            Files.delete(image);
            Files.delete(folder);
        }
    }

    @Test
    void whatIsNotThereIsNotFoundAndWhatIsWrittenIsBusy(@TempDir Path folder) throws Exception {
        var image = image(folder);
        assertThat(Invocation.of("backend", "show", folder + "/none").code()).isEqualTo(3);
        try (var writer = Backends.open(image.toString(), BackendOptions.NONE)) {
            var busy = Invocation.of("backend", "show", image.toString());
            assertThat(busy.code()).as(writer.describe()).isEqualTo(5);
            assertThat(busy.err())
                    .contains("in use by process " + ProcessHandle.current().pid());
        }
    }

    @Test
    void allBackendsAreListed() {
        var list = Invocation.of("backend", "ls");
        assertThat(list.code()).isZero();
        assertThat(list.out()).contains("file:", "memory:", "null:", "nbd:", "nbd+unix:");
        assertThat(Invocation.of("backend", "ls", "-o", "json").out()).startsWith("[{\"scheme\":\"file\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"backend", "backend show", "backend nothing", "backend show a b"})
    void wrongUseIsTold(String line) {
        var invocation = Invocation.of(line.split(" "));
        assertThat(invocation.code()).isEqualTo(2);
        assertThat(invocation.out()).isEmpty();
        assertThat(invocation.err()).startsWith("vduse: ");
    }
}
