package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SimpleBackendsTest extends BackendContract {

    /** The simplest storage there is. */
    private static class HeapBackend implements SimpleBackend {
        private final byte[] bytes = new byte[16 << 20];

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, MemorySegment into) throws IOException {
            MemorySegment.copy(MemorySegment.ofArray(bytes), offset, into, 0, into.byteSize());
        }

        @Override
        public void write(long offset, MemorySegment from) throws IOException {
            MemorySegment.copy(from, 0, MemorySegment.ofArray(bytes), offset, from.byteSize());
        }

        @Override
        public void flush() throws IOException {}

        @Override
        public Durability durability() {
            return new Durability(Durability.AfterKill.LOST, "it lies on the heap");
        }
    }

    @Override
    protected Backend create(Path directory) throws Exception {
        return SimpleBackends.adapt(new HeapBackend(), "heap", 3, MemoryBudget.process());
    }

    private static int run(Backend backend, Request.Op op, boolean fua) throws Exception {
        try (var worker = new Worker(backend, 1);
                var memory = new GuestMemory(8192)) {
            Iovecs.set(memory.address(), 0, memory.address() + 4096, 512);
            var request = new Request();
            request.op = op;
            request.fua = fua;
            request.length = 512;
            request.iov = memory.address();
            request.iovCount = 1;
            return worker.run(request);
        }
    }

    @Test
    void anErrorOfTheStorageIsToldAsItsErrno() throws Exception {
        var storage = new HeapBackend() {
            @Override
            public void read(long offset, MemorySegment into) throws IOException {
                throw new LinuxException("read", "heap", Errno.ENOSPC);
            }

            @Override
            public void write(long offset, MemorySegment from) {
                throw new IllegalStateException("a bug of the storage");
            }
        };
        try (var backend = SimpleBackends.adapt(storage, "failing", 1, MemoryBudget.process())) {
            assertThat(run(backend, Request.Op.READ, false)).isEqualTo(Errno.ENOSPC);
            assertThat(run(backend, Request.Op.WRITE, false)).isEqualTo(Errno.EIO);
        }
    }

    @Test
    void afterAFailedFlushNothingIsWrittenAnyMore() throws Exception {
        var storage = new HeapBackend() {
            private boolean failed;

            @Override
            public void flush() throws IOException {
                if (!failed) {
                    failed = true;
                    throw new IOException("lost once");
                }
            }
        };
        try (var backend = SimpleBackends.adapt(storage, "lossy", 1, MemoryBudget.process())) {
            assertThat(run(backend, Request.Op.WRITE, false)).isZero();
            assertThat(backend.lost()).isEmpty();
            assertThat(run(backend, Request.Op.WRITE, true)).isEqualTo(Errno.EIO);
            assertThat(backend.lost()).get().asString().contains("lossy").contains("lost once");
            assertThat(run(backend, Request.Op.WRITE, false)).isEqualTo(Errno.EIO);
            assertThatThrownBy(backend::flush).isInstanceOf(IOException.class).hasMessageContaining("lost once");
            assertThat(run(backend, Request.Op.READ, false)).isZero();
        }
    }

    @Test
    void anOddSizeIsRefused() {
        var storage = new HeapBackend() {
            @Override
            public long size() {
                return 1000;
            }
        };
        assertThatThrownBy(() -> SimpleBackends.adapt(storage, "odd", 1, MemoryBudget.process()))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno()).isEqualTo(Errno.EINVAL));
    }
}
