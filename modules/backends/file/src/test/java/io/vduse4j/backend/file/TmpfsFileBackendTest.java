package io.vduse4j.backend.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** An image on tmpfs, which makes holes but cannot zero a range: zeroes are written (DU-10). */
class TmpfsFileBackendTest extends BackendContract {
    private static final Path TMPFS = Path.of("/dev/shm");

    private Path image;

    @Override
    protected Backend create(Path directory) throws Exception {
        Assumptions.assumeTrue(Files.isWritable(TMPFS), TMPFS + " is not there");
        image = Files.createTempDirectory(TMPFS, "vduse4j").resolve("disk.img");
        return Backends.open(image.toString(), BackendOptions.NONE.withSize(8 << 20));
    }

    /** A sync succeeds there and keeps nothing. */
    @Test
    void itOutlivesTheProcessAndNotThePower() {
        assertThat(backend().limits().isVolatile())
                .as("must not look durable (DU-12)")
                .isTrue();
        assertThat(backend().durability().survivesProcess()).isTrue();
    }

    @AfterEach
    void remove() throws Exception {
        Files.delete(image);
        Files.delete(image.getParent());
    }
}
