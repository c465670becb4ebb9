package io.vduse4j.backend.file;

import io.vduse4j.block.Backend;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A sparse image by O_DIRECT, with private buffers for what is not aligned. */
class DirectFileBackendTest extends BackendContract {
    @Override
    protected Backend create(Path directory) throws Exception {
        try {
            return Backends.open(
                    directory.resolve("disk.img").toString(),
                    BackendOptions.NONE.withSize(8 << 20).withDirect(true));
        } catch (LinuxException problem) {
            Assumptions.assumeFalse(problem.errno() == Errno.EOPNOTSUPP, problem.getMessage());
            throw problem;
        }
    }
}
