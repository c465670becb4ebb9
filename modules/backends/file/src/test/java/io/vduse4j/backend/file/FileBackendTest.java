package io.vduse4j.backend.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Extent;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A sparse image through the page cache. */
class FileBackendTest extends BackendContract {
    @Override
    protected Backend create(Path directory) throws Exception {
        return Backends.open("file:" + directory.resolve("disk.img"), BackendOptions.NONE.withSize(8 << 20));
    }

    @Test
    void itOutlivesTheProcessAndThePower() {
        assertThat(backend().limits().isVolatile()).isFalse();
        assertThat(backend().durability().survivesProcess()).isTrue();
    }

    @Test
    void aNewImageIsAHole() throws Exception {
        assertThat(backend().extent(0, backend().size())).isEqualTo(Extent.sparse(8 << 20));
    }
}
