package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The guest is what every other test here takes for granted: Linux 6.12 with VDUSE. */
@Tag("quick")
final class KernelTest {
    @Test
    void isLinux612() {
        assertThat(System.getProperty("os.version")).startsWith("6.12.");
    }

    @Test
    void hasVduse() {
        assertThat(Path.of("/dev/vduse/control")).exists();
    }
}
