package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** Reads and writes blocks of a volume, one at a time: a client of an NBD export of ours. */
final class VolumeProbe implements AutoCloseable {
    private static final int BLOCK = 512;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment block = arena.allocate(BLOCK, 16);
    private final MemorySegment iovec = arena.allocate(Iovecs.BYTES, 16);
    private final BlockingQueue<Integer> ended = new ArrayBlockingQueue<>(1);
    private final Backend backend;
    private final Channel channel;

    VolumeProbe(String text, BackendOptions options) throws IOException {
        backend = Backends.open(text, options);
        channel = backend.open(1, new Completions() {
            @Override
            public void complete(int slot, int errno) {
                ended.add(errno);
            }

            @Override
            public void post(int slot, int errno) {
                ended.add(errno);
            }
        });
        Iovecs.set(iovec.address(), 0, block.address(), BLOCK);
    }

    boolean isReadOnly() {
        return backend.limits().readOnly();
    }

    long size() {
        return backend.size();
    }

    byte[] read(long sector) throws InterruptedException {
        run(Request.Op.READ, sector);
        return block.toArray(ValueLayout.JAVA_BYTE);
    }

    void write(long sector, byte[] data) throws InterruptedException {
        block.copyFrom(MemorySegment.ofArray(data));
        run(Request.Op.WRITE, sector);
    }

    private void run(Request.Op op, long sector) throws InterruptedException {
        var request = new Request();
        request.op = op;
        request.offset = sector * BLOCK;
        request.length = BLOCK;
        request.iov = iovec.address();
        request.iovCount = 1;
        channel.submit(0, request);
        channel.flushSubmissions();
        var errno = ended.poll(30, TimeUnit.SECONDS);
        assertThat(errno).as("end of %s", op).isNotNull();
        assertThat(channel.completed(0, request, errno)).as("errno of %s", op).isZero();
    }

    @Override
    public void close() throws IOException {
        try (arena;
                backend;
                channel) {
            // In this order, from the last to the first.
        }
    }
}
