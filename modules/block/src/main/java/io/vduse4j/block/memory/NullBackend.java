package io.vduse4j.block.memory;

import io.vduse4j.block.Extent;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.linux.NativeMemory;

/** Reads zeroes, swallows writes: everything of a disk but the storage. */
final class NullBackend extends VolatileBackend {

    NullBackend(VolatileSize size) {
        super(size);
    }

    @Override
    int execute(Request request) {
        if (request.op == Request.Op.READ) {
            for (int i = 0; i < request.iovCount; i++) {
                NativeMemory.ALL
                        .asSlice(Iovecs.address(request.iov, i), Iovecs.length(request.iov, i))
                        .fill((byte) 0);
            }
        }
        return 0;
    }

    @Override
    public Extent extent(long offset, long length) {
        return Extent.sparse(length);
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
