package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a daemon knows of the exports of one that was killed. */
final class SavedExportsTest {
    private static final Map<String, Object> A = Map.of("name", "a", "backend", "file:/a \" \n", "queues", 2L);
    private static final Map<String, Object> B = Map.of("name", "b", "backend", "file:/b", "read-only", true);

    @TempDir
    private Path folder;

    private SavedExports saved() {
        return new SavedExports(folder.resolve("d"));
    }

    private Path file() {
        return folder.resolve("d.exports");
    }

    @Test
    void theNextOneReadsWhatTheLastHasWritten() throws IOException {
        var first = saved();
        assertThat(first.all()).isEmpty();
        first.put("a", A);
        first.put("b", B);
        assertThat(saved().all()).containsExactly(A, B);
        assertThat(Files.getPosixFilePermissions(file())).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        first.remove("a");
        first.remove("never");
        assertThat(saved().all()).containsExactly(B);
        first.put("a", A);
        first.retain(Set.of("a"));
        assertThat(saved().all()).containsExactly(A);
        first.retain(Set.of());
        assertThat(folder).isEmptyDirectory();
    }

    /** A process that is killed while it writes leaves the last whole state, and half of the next beside it. */
    @Test
    void halfOfTheNextStateIsNoHindrance() throws IOException {
        saved().put("a", A);
        Files.writeString(folder.resolve("d.exports.new"), "{\"exp");
        var next = saved();
        assertThat(next.all()).containsExactly(A);
        next.put("b", B);
        assertThat(saved().all()).containsExactly(A, B);
        assertThat(folder.resolve("d.exports.new")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "{", "[]", "{}", "{\"exports\":{}}", "{\"exports\":[1]}", "{\"exports\":[{\"name\":1}]}"})
    void anotherFileIsRefusedAndStays(String text) throws IOException {
        Files.writeString(file(), text);
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> saved().put("a", A))
                .matches(failure -> failure.errno() == Errno.EBADMSG)
                .withMessageContaining("it is not what a daemon writes");
        assertThat(file()).hasContent(text);
    }
}
