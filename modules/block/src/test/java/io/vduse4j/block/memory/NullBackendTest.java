package io.vduse4j.block.memory;

import io.vduse4j.block.Backend;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.nio.file.Path;

class NullBackendTest extends BackendContract {
    @Override
    protected Backend create(Path directory) throws Exception {
        return Backends.open("null:8M", BackendOptions.NONE);
    }

    @Override
    protected boolean keepsData() {
        return false;
    }
}
