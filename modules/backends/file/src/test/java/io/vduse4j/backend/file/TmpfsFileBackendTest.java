package io.vduse4j.backend.file;

import io.vduse4j.block.Backend;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;

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

    @AfterEach
    void remove() throws Exception {
        Files.delete(image);
        Files.delete(image.getParent());
    }
}
