package io.vduse4j.testkit.crash;

import io.vduse4j.linux.FileIo;
import io.vduse4j.testkit.faulty.Fault;
import io.vduse4j.testkit.faulty.FileEvent;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * What a loss of power can leave of a file: all that was written before the last completed sync began, and of the rest any
 * part, cut at the borders of blocks. Parts of several writes to one block keep their order.
 */
public final class CrashImages {
    /** With so many parts that may be there or not, all combinations are made; with more, some at random. */
    public static final int MOST_PARTS = 12;

    /** A part of a write that is not stable: there or not. */
    private record Part(FileEvent event, long offset, int length) {}

    private final List<FileEvent> trace;
    private final int bytes;
    private final int unit;

    /**
     * Takes the trace of a file that was zeroes.
     *
     * @param trace in the order in which it was done
     * @param bytes how much of the file is looked at, from its beginning
     * @param unit what the storage writes in one piece, in bytes: 512 or 4096
     */
    public CrashImages(List<FileEvent> trace, int bytes, int unit) {
        this.trace = trace.stream().filter(FileEvent::succeeded).toList();
        this.bytes = bytes;
        this.unit = unit;
    }

    /** All times at which something began or ended in the file. */
    public List<Long> times() {
        var times = new ArrayList<Long>();
        for (var event : trace) {
            times.add(event.start());
            times.add(event.end());
        }
        return times.stream().distinct().sorted().toList();
    }

    /**
     * Makes images of a crash.
     *
     * @param at when it comes
     * @param random for the choice, where there are too many
     * @param most how many of them then
     * @param look is shown each one, which is the next one's later; false ends it
     * @return how many were made
     */
    public int forEach(long at, SplittableRandom random, int most, Predicate<byte[]> look) {
        long synced = lastSync(at);
        var base = new byte[bytes];
        var rest = new ArrayList<Part>();
        for (var event : trace) {
            if (event.op() == Fault.Op.FSYNC || event.start() >= at || !changes(event)) {
                continue;
            }
            if (event.end() < synced) {
                apply(base, event, event.offset(), event.length());
            } else {
                cut(event, rest);
            }
        }
        int open = (int) rest.stream().filter(part -> isOpen(part.event, at)).count();
        boolean all = open <= MOST_PARTS;
        int count = all ? 1 << open : most;
        for (int i = 0; i < count; i++) {
            var image = base.clone();
            // With other odds for each, so that nearly nothing and nearly all are among them.
            int odds = random.nextInt(1, 100);
            int number = 0;
            for (var part : rest) {
                boolean there =
                        !isOpen(part.event, at) || (all ? (i >> number++ & 1) != 0 : random.nextInt(100) < odds);
                if (there) {
                    apply(image, part.event, part.offset, part.length);
                }
            }
            if (!look.test(image)) {
                return i + 1;
            }
        }
        return count;
    }

    /** Whether it may be missing: a write that was to be stable is there once it has ended. */
    private static boolean isOpen(FileEvent event, long at) {
        return !(event.stable() && event.end() < at);
    }

    /** What has ended before this time was covered by a sync that has ended. */
    private long lastSync(long at) {
        return trace.stream()
                .filter(event -> event.op() == Fault.Op.FSYNC && event.end() < at)
                .mapToLong(FileEvent::start)
                .max()
                .orElse(Long.MIN_VALUE);
    }

    private static boolean changes(FileEvent event) {
        int zeroes = FileIo.FALLOC_FL_PUNCH_HOLE | FileIo.FALLOC_FL_ZERO_RANGE;
        return event.length() > 0 && (event.op() == Fault.Op.WRITE || (event.mode() & zeroes) != 0);
    }

    private void cut(FileEvent event, List<Part> into) {
        long end = Math.min(event.offset() + event.length(), bytes);
        for (long from = event.offset(); from < end; ) {
            long to = Math.min((from / unit + 1) * unit, end);
            into.add(new Part(event, from, (int) (to - from)));
            from = to;
        }
    }

    private void apply(byte[] image, FileEvent event, long offset, long length) {
        int from = (int) Math.min(offset, bytes);
        int to = (int) Math.min(offset + length, bytes);
        if (event.op() == Fault.Op.WRITE) {
            MemorySegment.copy(event.data(), ValueLayout.JAVA_BYTE, offset - event.offset(), image, from, to - from);
        } else {
            Arrays.fill(image, from, to, (byte) 0);
        }
    }
}
