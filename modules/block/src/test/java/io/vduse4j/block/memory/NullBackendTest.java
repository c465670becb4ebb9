package io.vduse4j.block.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Extent;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class NullBackendTest extends BackendContract {
    @Override
    protected Backend create(Path directory) throws Exception {
        return Backends.open("null:8M", BackendOptions.NONE);
    }

    @Override
    protected boolean keepsData() {
        return false;
    }

    @Test
    void allOfItIsAHole() throws Exception {
        assertThat(backend().extent(4096, 8192)).isEqualTo(Extent.sparse(8192));
    }
}
