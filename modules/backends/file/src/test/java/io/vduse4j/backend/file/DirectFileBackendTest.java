package io.vduse4j.backend.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Extent;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

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

    /** Told through the filter that copies. */
    @Test
    void aNewImageIsAHole() throws Exception {
        assertThat(backend().extent(0, backend().size())).isEqualTo(Extent.sparse(8 << 20));
    }

    /** As the kernel says in fdinfo: nothing else would tell that the page cache was used after all. */
    @Test
    void theDescriptorHasThatFlag() throws Exception {
        var image = Path.of(backend().describe().substring("file:".length())).toRealPath();
        int found = 0;
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (var descriptor : descriptors) {
                if (Files.isSymbolicLink(descriptor)
                        && Files.readSymbolicLink(descriptor).equals(image)) {
                    var info = Path.of("/proc/self/fdinfo").resolve(descriptor.getFileName());
                    int flags = Files.readAllLines(info).stream()
                            .filter(line -> line.startsWith("flags:"))
                            .mapToInt(line -> Integer.parseInt(
                                    line.substring("flags:".length()).strip(), 8))
                            .findFirst()
                            .orElseThrow();
                    assertThat(flags & OpenFlags.O_DIRECT).isEqualTo(OpenFlags.O_DIRECT);
                    found++;
                }
            }
        }
        assertThat(found).isEqualTo(1);
    }
}
