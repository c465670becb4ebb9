package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Private buffers, over a backend that ends its requests late and from another thread. */
class CopyingBackendTest extends BackendContract {
    private static final int TRANSFER = (int) CopyingBackend.MAX_TRANSFER;

    /** Shows the addresses that come through. */
    private static final class Watching extends FilterBackend {
        private final List<Long> addresses = new ArrayList<>();

        Watching(Backend inner) {
            super(inner);
        }

        @Override
        public Channel open(int slots, Completions completions) throws IOException {
            return new FilterChannel(inner().open(slots, completions)) {
                @Override
                public void submit(int slot, Request request) {
                    addresses.add(Iovecs.address(request.iov, 0));
                    super.submit(slot, request);
                }
            };
        }
    }

    private static Backend slow(Duration delay, String memory) throws IOException {
        return new DelayFilter(Backends.open(memory, BackendOptions.NONE), delay, EnumSet.allOf(Request.Op.class));
    }

    @Override
    protected Backend create(Path directory) throws Exception {
        return CopyingBackend.always(slow(Duration.ofMillis(1), "memory:4M"), MemoryBudget.process());
    }

    private static Request request(GuestMemory iovec, int index, Request.Op op, long offset, long address, int length) {
        var request = new Request();
        request.op = op;
        request.offset = offset;
        request.length = length;
        request.iov = iovec.address() + (long) index * Iovecs.BYTES;
        request.iovCount = 1;
        Iovecs.set(request.iov, 0, address, length);
        return request;
    }

    private static byte[] filled(int value) {
        var bytes = new byte[TRANSFER];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @Test
    void requestsThatFindNoRoomWaitAndAreServed() throws Exception {
        int count = 6;
        try (var backend = CopyingBackend.always(slow(Duration.ofMillis(100), "memory:32M"), MemoryBudget.process());
                var memory = new GuestMemory((long) count * TRANSFER);
                var iovec = new GuestMemory(4096);
                var worker = new Worker(backend, count)) {
            for (var op : List.of(Request.Op.WRITE, Request.Op.READ)) {
                for (int i = 0; i < count; i++) {
                    var part = memory.part((long) i * TRANSFER, TRANSFER);
                    part.fill(op == Request.Op.WRITE ? (byte) (i + 1) : 0);
                    worker.submit(i, request(iovec, i, op, (long) i * TRANSFER, part.address(), TRANSFER));
                }
                worker.flushSubmissions();
                for (int i = 0; i < count; i++) {
                    assertThat(worker.await(i)).isZero();
                }
            }
            for (int i = 0; i < count; i++) {
                assertThat(GuestMemory.copyOf(memory.address() + (long) i * TRANSFER, TRANSFER))
                        .isEqualTo(filled(i + 1));
            }
        }
    }

    @Test
    void memoryThatVanishesWhileItsRequestWaitsFailsThatRequestOnly() throws Exception {
        try (var backend = CopyingBackend.always(slow(Duration.ofMillis(100), "memory:32M"), MemoryBudget.process());
                var memory = new GuestMemory(TRANSFER);
                var lost = new GuestMemory(TRANSFER);
                var iovec = new GuestMemory(4096);
                var worker = new Worker(backend, 4)) {
            memory.part(0, TRANSFER).fill((byte) 7);
            worker.submit(0, request(iovec, 0, Request.Op.WRITE, 0, memory.address(), TRANSFER));
            worker.submit(1, request(iovec, 1, Request.Op.WRITE, TRANSFER, memory.address(), TRANSFER));
            worker.submit(2, request(iovec, 2, Request.Op.WRITE, 2L * TRANSFER, lost.address(), TRANSFER));
            worker.submit(3, request(iovec, 3, Request.Op.READ, 0, memory.address(), TRANSFER));
            lost.vanish();
            assertThat(worker.await(0)).isZero();
            assertThat(worker.await(1)).isZero();
            assertThat(worker.await(2)).isEqualTo(Errno.EFAULT);
            assertThat(worker.await(3)).isZero();
            assertThat(worker.run(request(iovec, 0, Request.Op.READ, TRANSFER, memory.address(), TRANSFER)))
                    .isZero();
            assertThat(GuestMemory.copyOf(memory.address(), TRANSFER)).isEqualTo(filled(7));
        }
    }

    @Test
    void onlyWhatIsNotAlignedIsCopied() throws Exception {
        var watching = new Watching(Backends.open("memory:1M", BackendOptions.NONE));
        try (var backend = CopyingBackend.unaligned(watching, 512, MemoryBudget.process());
                var memory = new GuestMemory(8192);
                var iovec = new GuestMemory(4096);
                var worker = new Worker(backend, 1)) {
            long aligned = memory.address() + 1024;
            worker.run(request(iovec, 0, Request.Op.WRITE, 0, aligned, 1024));
            worker.run(request(iovec, 0, Request.Op.WRITE, 0, aligned + 8, 1024));
            assertThat(watching.addresses.get(0)).isEqualTo(aligned);
            assertThat(watching.addresses.get(1)).isNotEqualTo(aligned + 8);
            assertThat(watching.addresses.get(1) % 512).isZero();
        }
    }

    @Test
    void buffersCountAgainstTheBudgetAndGoBackToIt() throws Exception {
        var budget = MemoryBudget.process().child("test", 12 << 20);
        try (var backend = CopyingBackend.always(Backends.open("memory:1M", BackendOptions.NONE), budget)) {
            try (var worker = new Worker(backend, 64)) {
                assertThat(budget.used()).isGreaterThanOrEqualTo(8 << 20);
                assertThatThrownBy(() -> new Worker(backend, 64))
                        .isInstanceOfSatisfying(
                                LinuxException.class,
                                problem -> assertThat(problem.errno()).isEqualTo(Errno.ENOMEM));
                worker.flushSubmissions();
            }
            assertThat(budget.used()).isZero();
        } finally {
            budget.close();
        }
    }
}
