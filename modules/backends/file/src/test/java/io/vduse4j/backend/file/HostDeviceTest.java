package io.vduse4j.backend.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.contract.BackendContract;
import io.vduse4j.block.contract.GuestMemory;
import io.vduse4j.block.contract.Worker;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host block device, as far as one can be made here. */
class HostDeviceTest extends BackendContract {
    private static final long SIZE = 8 << 20;

    private LoopDevice loop;

    @Override
    protected Backend create(Path directory) throws Exception {
        loop = LoopDevice.of(directory.resolve("backing"), SIZE);
        return Backends.open(loop.path(), BackendOptions.NONE);
    }

    @AfterEach
    void detach() throws Exception {
        if (loop != null) {
            loop.close();
        }
    }

    @Test
    void geometryIsTheDevices(@TempDir Path directory) throws Exception {
        try (var large = LoopDevice.of(directory.resolve("large"), SIZE, "--sector-size", "4096");
                var backend = Backends.open("file:" + large.path(), BackendOptions.NONE)) {
            assertThat(backend.limits().blockSize()).isEqualTo(4096);
            assertThat(backend.size()).isEqualTo(SIZE);
            assertThat(backend.limits().canUnmapZeroes()).isFalse();
            assertThatThrownBy(() -> Backends.open(large.path(), BackendOptions.NONE.withBlockSize(512)))
                    .satisfies(problem ->
                            assertThat(((LinuxException) problem).errno()).isIn(Errno.EINVAL, Errno.EBUSY));
        }
    }

    @Test
    void aReadOnlyDeviceIsServedReadOnlyOnly(@TempDir Path directory) throws Exception {
        try (var fixed = LoopDevice.of(directory.resolve("fixed"), SIZE, "--read-only")) {
            assertThatThrownBy(() -> Backends.open(fixed.path(), BackendOptions.NONE))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            problem -> assertThat(problem.errno()).isIn(Errno.EROFS, Errno.EACCES))
                    .hasMessageContaining("--read-only");
            try (var backend = Backends.open(fixed.path(), BackendOptions.NONE.withReadOnly(true))) {
                assertThat(backend.limits().readOnly()).isTrue();
            }
        }
    }

    @Test
    void aClaimedDeviceIsBusy() throws Exception {
        // O_EXCL, as a mount would claim it; not the lock, which waits longer.
        assertThatThrownBy(() -> Backends.open(loop.path(), BackendOptions.NONE))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno()).isEqualTo(Errno.EBUSY))
                .hasMessageContaining("lsblk");
    }

    @Test
    void growthIsTold(@TempDir Path directory) throws Exception {
        var backing = directory.resolve("growing");
        try (var growing = LoopDevice.of(backing, SIZE);
                var backend = Backends.open(growing.path(), BackendOptions.NONE)) {
            var told = new CompletableFuture<Long>();
            backend.onResize(told::complete);
            LoopDevice.run(List.of("truncate", "-s", "16M", backing.toString()));
            LoopDevice.run(List.of("losetup", "--set-capacity", growing.path()));
            assertThat(told.get(10, TimeUnit.SECONDS)).isEqualTo(16L << 20);
            assertThat(backend.size()).isEqualTo(16L << 20);
        }
    }

    /** Flushes that the device has seen, by the kernel's own count (Documentation/block/stat.rst: the 16th number). */
    private long flushes() throws Exception {
        var numbers = Files.readString(Path.of("/sys/class/block", loop.path().substring("/dev/".length()), "stat"));
        return Long.parseLong(numbers.strip().split("\\s+", -1)[15]);
    }

    @Test
    void flushesAndWritesThroughReachTheDeviceAndOthersDoNot() throws Exception {
        try (var worker = new Worker(backend(), 1);
                var memory = new GuestMemory(8192)) {
            Iovecs.set(memory.address(), 0, memory.address() + 4096, 4096);
            var request = new Request();
            request.op = Request.Op.WRITE;
            request.length = 4096;
            request.iov = memory.address();
            request.iovCount = 1;
            long before = flushes();
            assertThat(worker.run(request)).isZero();
            assertThat(flushes()).isEqualTo(before);
            backend().flush();
            long flushed = flushes();
            assertThat(flushed).isGreaterThan(before);
            request.fua = true;
            assertThat(worker.run(request)).isZero();
            assertThat(flushes()).isGreaterThan(flushed);
        }
    }
}
