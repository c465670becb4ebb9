package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.Framing;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk in long use: reads, writes, discards and zeroes at random from two queues at once, opened anew and grown again and
 * again; what is read is always what was written last, also in an earlier life.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class LongUseTest {
    private static final int LIVES = 20;
    private static final int WINDOW_SECTORS = 4096;
    private static final long WINDOW_BYTES = (long) WINDOW_SECTORS * BlkRequest.SECTOR_BYTES;
    private static final int MOST_SECTORS = 96;
    private static final int DEPTH = 16;
    private static final int FIRST_WINDOWS = 8;
    private static final long SEED = 31;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"file", "direct", "nbd"})
    @Spec({"R-31"})
    void itIsAsItWasLeft(String kind) throws Exception {
        use(kind, 5_000);
    }

    @Tag("full")
    @ParameterizedTest
    @ValueSource(strings = {"file", "direct", "nbd"})
    @Spec({"R-31"})
    void itIsAsItWasLeftAfterAMillionRequests(String kind) throws Exception {
        use(kind, 1_000_000);
    }

    private void use(String kind, int requests) throws Exception {
        var image = folder.resolve("image");
        BackendOptions options = BackendOptions.NONE.withDirect(kind.equals("direct"));
        try (var made = Backends.open("file:" + image, options.withSize(FIRST_WINDOWS * WINDOW_BYTES))) {
            made.flush();
        }
        if (kind.equals("nbd")) {
            try (var server = Nbdkit.serve(folder, "file", image.toString())) {
                use(server.uri(), options, false, requests);
            }
        } else {
            use("file:" + image, options, true, requests);
        }
    }

    private static void use(String place, BackendOptions options, boolean grows, int requests) throws Exception {
        var random = new Random(SEED);
        List<BlkWorkload> windows = new ArrayList<>();
        for (int i = 0; i < FIRST_WINDOWS; i++) {
            windows.add(window(i, random));
        }
        for (int life = 0; life < LIVES; life++) {
            try (var backend = Backends.open(place, options);
                    var disk = new ServedFile(backend, 2, 0)) {
                round(windows, disk, requests / LIVES, random);
                if (grows) {
                    backend.resize(backend.size() + WINDOW_BYTES);
                    windows.add(window(windows.size(), random));
                    round(windows, disk, requests / LIVES, random);
                }
            }
        }
        long done = windows.stream().mapToLong(BlkWorkload::done).sum();
        assertThat(done).isGreaterThanOrEqualTo(requests);
        System.out.printf("%s: %d requests verified in %d lives, seed %d%n", place, done, LIVES, SEED);
    }

    private static BlkWorkload window(int index, Random random) {
        long features = BlkFeatures.FLUSH | BlkFeatures.DISCARD | BlkFeatures.WRITE_ZEROES;
        return new BlkWorkload(
                (long) index * WINDOW_SECTORS, WINDOW_SECTORS, MOST_SECTORS, features, new Random(random.nextLong()));
    }

    /** Two windows at a time, each by a queue and a thread of its own. */
    private static void round(List<BlkWorkload> windows, ServedFile disk, int requests, Random random)
            throws Exception {
        int one = random.nextInt(windows.size());
        int two = (one + 1 + random.nextInt(windows.size() - 1)) % windows.size();
        var failure = new Throwable[1];
        var thread = Thread.ofPlatform().start(() -> {
            try {
                windows.get(two).run(disk.driver(1), requests / 2, DEPTH, Framing.Tables.NONE);
            } catch (Throwable problem) {
                failure[0] = problem;
            }
        });
        windows.get(one).run(disk.driver(0), requests - requests / 2, DEPTH, Framing.Tables.NONE);
        thread.join();
        assertThat(failure[0]).isNull();
    }
}
