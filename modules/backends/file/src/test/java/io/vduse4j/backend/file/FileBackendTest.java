package io.vduse4j.backend.file;

import io.vduse4j.block.Backend;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.nio.file.Path;

/** A sparse image through the page cache. */
class FileBackendTest extends BackendContract {
    @Override
    protected Backend create(Path directory) throws Exception {
        return Backends.open("file:" + directory.resolve("disk.img"), BackendOptions.NONE.withSize(8 << 20));
    }
}
