package io.vduse4j.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.FilterBackend;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class VolumesTest {
    /** A thread for each: the common pool has too few. */
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private static final BackendOptions READING = BackendOptions.NONE.withReadOnly(true);
    private static final long SIZE = 64 << 10;

    private final List<Stored> opened = new ArrayList<>();
    private final CountDownLatch slowIsOpening = new CountDownLatch(1);
    private final CountDownLatch slowMayOpen = new CountDownLatch(1);

    /** A disk in memory that can be shared, grown and counted. */
    private static final class Stored extends FilterBackend {
        private LongConsumer listener = _ -> {};
        private int flushes;
        private boolean closed;

        Stored(Backend inner) {
            super(inner);
        }

        @Override
        public void flush() {
            flushes++;
        }

        @Override
        public void onResize(LongConsumer newListener) {
            listener = newListener;
        }

        @Override
        public void close() throws IOException {
            closed = true;
            super.close();
        }
    }

    private final Volumes volumes = new Volumes(new Volumes.Storage() {
        @Override
        public Optional<String> identity(String text) {
            return text.startsWith("own") ? Optional.empty() : Optional.of("stored:" + text);
        }

        @Override
        public Backend open(String text, BackendOptions options) throws IOException {
            if (text.equals("missing")) {
                throw new LinuxException("open", text, Errno.ENOENT);
            }
            if (text.equals("slow")) {
                slowIsOpening.countDown();
                await(slowMayOpen);
            }
            var stored = new Stored(Backends.open("memory:64k", BackendOptions.NONE.withReadOnly(options.readOnly())));
            synchronized (opened) {
                opened.add(stored);
            }
            return stored;
        }
    });

    private static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException end) {
            throw new IOException(end);
        }
    }

    private void refused(String text, BackendOptions options, int errno, String says) {
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> volumes.open(text, options, "late"))
                .withMessageContaining(says)
                .matches(failure -> failure.errno() == errno, "errno " + errno);
    }

    @Test
    void oneWritesAndOthersReadTheSameStorage() throws Exception {
        try (var writer = volumes.open("a", BackendOptions.NONE, "w");
                var reader = volumes.open("a", READING, "r")) {
            assertThat(opened).hasSize(1);
            assertThat(writer.limits().readOnly()).isFalse();
            assertThat(reader.limits()).isEqualTo(writer.limits().forReading());
            refused("a", BackendOptions.NONE, Errno.EBUSY, "export w writes to it: use --read-only");
        }
        assertThat(opened.getFirst().closed).isTrue();
    }

    @Test
    void theLastOneClosesAndThenItCanBeOpenedAnew() throws Exception {
        var writer = volumes.open("a", BackendOptions.NONE, "w");
        var reader = volumes.open("a", READING, "r");
        writer.close();
        writer.close();
        assertThat(opened.getFirst().closed).isFalse();
        volumes.open("a", BackendOptions.NONE, "next").close();
        assertThat(opened).hasSize(1);
        reader.close();
        assertThat(opened.getFirst().closed).isTrue();
        volumes.open("a", BackendOptions.NONE, "again").close();
        assertThat(opened).hasSize(2);
    }

    @Test
    void aReaderCannotWriteEvenIfItTries() throws Exception {
        try (var reader = volumes.open("a", READING, "r")) {
            int[] ended = {-1};
            var completions = new Completions() {
                @Override
                public void complete(int slot, int errno) {
                    ended[0] = errno;
                }

                @Override
                public void post(int slot, int errno) {
                    throw new AssertionError("posted");
                }
            };
            try (Channel channel = reader.open(1, completions)) {
                for (var op : Request.Op.values()) {
                    var request = new Request();
                    request.op = op;
                    channel.submit(0, request);
                    channel.flushSubmissions();
                    assertThat(ended[0]).as(op.name()).isEqualTo(op == Request.Op.READ ? 0 : Errno.EROFS);
                }
            }
            reader.flush();
            assertThat(opened.getFirst().flushes).isZero();
        }
    }

    @Test
    void everybodyHearsOfANewSize() throws Exception {
        var heard = new ArrayList<String>();
        try (var writer = volumes.open("a", BackendOptions.NONE, "w")) {
            writer.onResize(bytes -> heard.add("w " + bytes));
            try (var reader = volumes.open("a", READING, "r")) {
                reader.onResize(bytes -> heard.add("r " + bytes));
                opened.getFirst().listener.accept(1L << 20);
            }
            opened.getFirst().listener.accept(2L << 20);
        }
        assertThat(heard).containsExactlyInAnyOrder("w 1048576", "r 1048576", "w 2097152");
    }

    @Test
    void whoComesLaterMustWantTheLike() throws Exception {
        try (var reader = volumes.open("a", READING, "r")) {
            assertThat(reader.size()).isEqualTo(SIZE);
            refused("a", BackendOptions.NONE, Errno.EBUSY, "it is open read-only for r: ");
            refused("a", READING.withDirect(true), Errno.EBUSY, "it is open without --direct for r");
            refused("a", READING.withSize(4096), Errno.EINVAL, "--size 4096: it is open for r with 65536");
            refused("a", READING.withBlockSize(4096), Errno.EINVAL, "--block-size 4096: it is open for r with 512");
            volumes.open("a", READING.withSize(SIZE).withBlockSize(512), "like").close();
        }
    }

    @Test
    void storageWithoutANameIsNotShared() throws Exception {
        try (var one = volumes.open("own", BackendOptions.NONE, "1");
                var other = volumes.open("own", BackendOptions.NONE, "2")) {
            assertThat(one).isNotSameAs(other);
            assertThat(opened).hasSize(2);
        }
    }

    @Test
    void aFailureLeavesNothingBehind() throws Exception {
        refused("missing", BackendOptions.NONE, Errno.ENOENT, "open missing");
        refused("missing", BackendOptions.NONE, Errno.ENOENT, "open missing");
    }

    @Test
    void slowStorageHoldsUpOnlyThoseWhoWantIt() throws Exception {
        var first = CompletableFuture.supplyAsync(() -> open("slow", BackendOptions.NONE, "first"), THREADS);
        await(slowIsOpening);
        var second = CompletableFuture.supplyAsync(() -> open("slow", READING, "second"), THREADS);
        volumes.open("a", BackendOptions.NONE, "other").close();
        assertThat(second).isNotDone();
        slowMayOpen.countDown();
        try (var writer = first.get(30, TimeUnit.SECONDS);
                var reader = second.get(30, TimeUnit.SECONDS)) {
            assertThat(reader.limits().readOnly()).isTrue();
            assertThat(writer.limits().readOnly()).isFalse();
        }
    }

    private Backend open(String text, BackendOptions options, String export) {
        try {
            return volumes.open(text, options, export);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
