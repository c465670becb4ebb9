package io.vduse4j.testkit;

import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * Random block I/O on a window of a disk, verified: every sector written says which sector it is and by which
 * write, and the workload knows what each must hold. It outlives the driver, so that it can go on after a restart of
 * either side (P1). One thread at a time; queues that run at once have windows of their own.
 */
public final class BlkWorkload {

    private static final int SECTOR = BlkRequest.SECTOR_BYTES;
    private static final long MAGIC = 0x7664_7573_6534_6a21L;

    /** Offset of the version in a sector. */
    private static final int VERSION = 8;

    /** Content of a sector: zeros. */
    private static final int ZERO = 0;
    /** What the sector held before is not known. */
    private static final int UNKNOWN = -1;

    private final long first;
    private final int mostSectors;
    private final Random random;
    private final int[] version;
    /** Sectors that a discard may have zeroed or left as they were (VB-08). */
    private final boolean[] discarded;

    private final boolean[] busy;
    private final List<Integer> kinds = new ArrayList<>();
    private int lastVersion;
    private long done;

    /**
     * Makes a workload. What the window holds is not known and not read before it was written.
     *
     * @param first first sector of the window
     * @param sectors length of the window
     * @param mostSectors longest request
     * @param features the features negotiated: which requests there are
     * @param random the source
     */
    public BlkWorkload(long first, int sectors, int mostSectors, long features, Random random) {
        if (sectors < mostSectors || mostSectors < 1) {
            throw new IllegalArgumentException(mostSectors + " sectors a request in a window of " + sectors);
        }
        this.first = first;
        this.mostSectors = mostSectors;
        this.random = random;
        version = new int[sectors];
        Arrays.fill(version, UNKNOWN);
        discarded = new boolean[sectors];
        busy = new boolean[sectors];
        kinds.addAll(List.of(BlkRequest.IN, BlkRequest.IN, BlkRequest.IN, BlkRequest.GET_ID));
        if ((features & BlkFeatures.RO) == 0) {
            kinds.addAll(List.of(BlkRequest.OUT, BlkRequest.OUT, BlkRequest.OUT));
            addIf(features, BlkFeatures.FLUSH, BlkRequest.FLUSH);
            addIf(features, BlkFeatures.DISCARD, BlkRequest.DISCARD);
            addIf(features, BlkFeatures.WRITE_ZEROES, BlkRequest.WRITE_ZEROES);
        }
    }

    private void addIf(long features, long feature, int kind) {
        if ((features & feature) != 0) {
            kinds.add(kind);
        }
    }

    /** Requests that were verified. */
    public long done() {
        return done;
    }

    /**
     * Makes the next request; its sectors are busy until {@link #verify}. If all that it tries are busy, it is a request
     * without sectors.
     */
    public BlkCommand next() {
        int kind = kinds.get(random.nextInt(kinds.size()));
        for (int attempt = 0; attempt < 8; attempt++) {
            int count = 1 + random.nextInt(mostSectors);
            int at = random.nextInt(version.length - count + 1);
            if (kind != BlkRequest.GET_ID && kind != BlkRequest.FLUSH && take(at, count)) {
                return make(kind, at, count);
            }
        }
        return kind == BlkRequest.FLUSH ? BlkCommand.flush() : BlkCommand.getId();
    }

    private boolean take(int at, int count) {
        for (int i = at; i < at + count; i++) {
            if (busy[i]) {
                return false;
            }
        }
        Arrays.fill(busy, at, at + count, true);
        return true;
    }

    private BlkCommand make(int kind, int at, int count) {
        return switch (kind) {
            case BlkRequest.OUT -> BlkCommand.write(first + at, fresh(at, count));
            case BlkRequest.DISCARD -> BlkCommand.discard(first + at, count);
            case BlkRequest.WRITE_ZEROES -> BlkCommand.writeZeroes(first + at, count, random.nextBoolean());
            default -> BlkCommand.read(first + at, count * SECTOR);
        };
    }

    private byte[] fresh(int at, int count) {
        byte[] data = new byte[count * SECTOR];
        lastVersion++;
        for (int i = 0; i < count; i++) {
            fill(data, i, first + at + i, lastVersion);
        }
        return data;
    }

    /** What a sector holds: its number, its version, and bytes that follow from both and are different everywhere. */
    private static void fill(byte[] data, int place, long sector, int version) {
        var buffer = ByteBuffer.wrap(data, place * SECTOR, SECTOR).slice().order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(0, sector ^ MAGIC);
        buffer.putLong(VERSION, version);
        long state = sector * MAGIC + version;
        for (int i = VERSION + 8; i < SECTOR; i += 8) {
            state = Long.rotateLeft(state * MAGIC, 29) + i;
            buffer.putLong(i, state);
        }
    }

    /**
     * Checks a result and frees its sectors.
     *
     * @throws DeviceFaultException if the request failed or read something else than was written
     */
    public void verify(BlkResult result) {
        BlkCommand command = result.command();
        byte[] data = result.require();
        switch (command.type()) {
            case BlkRequest.IN -> {
                int at = (int) (command.sector() - first);
                for (int i = 0; i < data.length / SECTOR; i++) {
                    check(at + i, Arrays.copyOfRange(data, i * SECTOR, (i + 1) * SECTOR));
                }
                Arrays.fill(busy, at, at + data.length / SECTOR, false);
            }
            case BlkRequest.OUT -> {
                int at = (int) (command.sector() - first);
                wrote(at, command.out());
            }
            case BlkRequest.DISCARD, BlkRequest.WRITE_ZEROES -> {
                var segment = ByteBuffer.wrap(command.out()).order(ByteOrder.LITTLE_ENDIAN);
                int at = (int) (segment.getLong(0) - first);
                int count = segment.getInt(BlkRequest.SEGMENT_SECTORS);
                if (command.type() == BlkRequest.DISCARD) {
                    Arrays.fill(discarded, at, at + count, true);
                } else {
                    Arrays.fill(version, at, at + count, ZERO);
                    Arrays.fill(discarded, at, at + count, false);
                }
                Arrays.fill(busy, at, at + count, false);
            }
            default -> {}
        }
        done++;
    }

    private void wrote(int at, byte[] data) {
        int written = (int) ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).getLong(VERSION);
        for (int i = at; i < at + data.length / SECTOR; i++) {
            version[i] = written;
            discarded[i] = false;
            busy[i] = false;
        }
    }

    private void check(int at, byte[] sector) {
        if (version[at] == UNKNOWN || (discarded[at] && Arrays.equals(sector, new byte[SECTOR]))) {
            return;
        }
        byte[] expected = new byte[SECTOR];
        if (version[at] != ZERO) {
            fill(expected, 0, first + at, version[at]);
        }
        int wrong = Arrays.mismatch(sector, expected);
        if (wrong >= 0) {
            throw new DeviceFaultException(
                    "sector " + (first + at) + " must hold version " + version[at] + " and differs from byte " + wrong
                            + " on: " + HexFormat.of().formatHex(sector, 0, 16));
        }
    }

    /**
     * Runs requests on one queue, several at once, each framed at random, until so many are verified.
     *
     * @param driver the queue
     * @param requests how many
     * @param depth most in flight
     * @param tables where chains may have indirect tables
     */
    public void run(BlkDriver driver, int requests, int depth, Framing.Tables tables) {
        int most = Math.min(driver.ring().rings().size(), 64);
        BlkCommand waiting = next();
        long goal = done + requests;
        while (done < goal) {
            boolean enqueued = false;
            while (driver.inFlight() < depth
                    && driver.enqueue(waiting, Framing.random(random, waiting, most, tables))) {
                waiting = next();
                enqueued = true;
            }
            if (enqueued) {
                driver.publish();
            }
            verify(driver.await());
        }
        finish(driver, waiting);
    }

    private void finish(BlkDriver driver, BlkCommand waiting) {
        while (driver.inFlight() > 0) {
            verify(driver.await());
        }
        verify(driver.run(waiting, Framing.CLASSIC)); // its sectors are busy
    }
}
