package io.vduse4j.testkit.crash;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What was asked of a window of blocks, and what was answered; and what each of them may hold after a crash. It lives
 * outside of the disk under test, and survives it.
 *
 * <p>A block may hold the value of any request that was submitted, unless another one that was promised to last was
 * submitted after that one had ended. A request that failed, or was not answered, may have happened or not. Times are of
 * {@link System#nanoTime}. Any thread.
 */
public final class BlockHistory {

    /** What a request does to its blocks. */
    public enum Kind {
        /** They hold its value. */
        WRITE,
        /** They are zeroes. */
        ZEROES,
        /** They are zeroes or what they were (DU-09). */
        DISCARD
    }

    /** Which writes must have lasted. */
    public enum Promise {
        /** Those that were completed: after the death of the process, or after a loss of power if all were through (P1). */
        COMPLETED,
        /** Those that were completed before a flush was submitted that is completed, too (P2). */
        FLUSHED
    }

    private static final long NEVER = Long.MAX_VALUE;
    private static final long ALWAYS = Long.MIN_VALUE;

    /** One request. */
    private static final class Entry {
        private final long sequence;
        private final Kind kind;
        private final long submitted;
        private long completed = NEVER;

        Entry(long sequence, Kind kind, long submitted) {
            this.sequence = sequence;
            this.kind = kind;
            this.submitted = submitted;
        }
    }

    private record Flush(long submitted, long completed) {}

    private final long run;
    private final int blockBytes;
    private final long first;
    private final List<List<Entry>> ofBlock = new ArrayList<>();
    private final List<Set<Long>> replaced = new ArrayList<>();
    private final long[] seen;
    private final Map<Long, Entry> open = new HashMap<>();
    private final Map<Long, Long> openFlushes = new HashMap<>();
    private final List<Flush> flushes = new ArrayList<>();
    private long lastSequence;

    /**
     * Begins, with blocks of zeroes.
     *
     * @param run a number that no other run has on this disk
     * @param blockBytes size of a block: the disk's logical one
     * @param first number of the first block of the window
     * @param blocks how many there are
     */
    public BlockHistory(long run, int blockBytes, long first, int blocks) {
        this.run = run;
        this.blockBytes = blockBytes;
        this.first = first;
        this.seen = new long[blocks];
        for (int i = 0; i < blocks; i++) {
            ofBlock.add(new ArrayList<>());
            replaced.add(new HashSet<>());
        }
    }

    /** Number of the first block. */
    public long first() {
        return first;
    }

    /** How many blocks there are. */
    public int blocks() {
        return seen.length;
    }

    /** Size of a block in bytes. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Notes a request that is about to be submitted; returns its number, for {@link #ended}. */
    public synchronized long submitted(Kind kind, long block, int count) {
        var entry = new Entry(++lastSequence, kind, System.nanoTime());
        for (int i = 0; i < count; i++) {
            ofBlock.get(index(block + i)).add(entry);
        }
        open.put(entry.sequence, entry);
        return entry.sequence;
    }

    /** What a write brings to its blocks. */
    public byte[] data(long sequence, long block, int count) {
        var data = new byte[count * blockBytes];
        for (int i = 0; i < count; i++) {
            BlockTag.write(data, i * blockBytes, blockBytes, run, block + i, sequence);
        }
        return data;
    }

    /** Notes a flush that is about to be submitted; returns its number, for {@link #ended}. */
    public synchronized long flushSubmitted() {
        openFlushes.put(++lastSequence, System.nanoTime());
        return lastSequence;
    }

    /**
     * Notes the answer to a request. What failed may have happened or not, and is never promised.
     *
     * @param sequence its number
     * @param success what the answer was
     */
    public synchronized void ended(long sequence, boolean success) {
        var entry = open.remove(sequence);
        if (entry != null && success) {
            entry.completed = System.nanoTime();
        }
        var flush = openFlushes.remove(sequence);
        if (flush != null && success) {
            flushes.add(new Flush(flush, System.nanoTime()));
        }
    }

    /** All times at which an answer came: what was promised changes there. */
    public synchronized List<Long> answers() {
        var times = new ArrayList<Long>();
        ofBlock.forEach(entries -> entries.stream()
                .filter(entry -> entry.completed != NEVER)
                .forEach(entry -> times.add(entry.completed)));
        flushes.forEach(flush -> times.add(flush.completed()));
        return times.stream().distinct().sorted().toList();
    }

    /**
     * Checks what a crash has left.
     *
     * @param image the whole window
     * @param at when it came
     */
    public synchronized List<Violation> check(byte[] image, long at, Promise promise) {
        long before = promise == Promise.COMPLETED ? at : lastFlush(at);
        var found = new ArrayList<Violation>();
        for (int i = 0; i < seen.length; i++) {
            check(i, BlockTag.read(image, i * blockBytes, blockBytes), at, before)
                    .ifPresent(found::add);
        }
        return found;
    }

    /**
     * Checks what was read of the disk just now, and remembers it: what was replaced must not come back. Nothing of the
     * window is under way in another thread. What can never be right any more is forgotten, so that a history may be long.
     *
     * @param image the whole window
     */
    public synchronized List<Violation> observe(byte[] image) {
        long now = System.nanoTime();
        var found = check(image, now, Promise.COMPLETED);
        for (int i = 0; i < seen.length; i++) {
            var tag = BlockTag.read(image, i * blockBytes, blockBytes);
            if (tag.kind() == BlockTag.Kind.WHOLE && tag.sequence() != seen[i]) {
                if (replaced.get(i).contains(tag.sequence())) {
                    found.add(new Violation(
                            Violation.Kind.RESURRECTED,
                            first + i,
                            "request " + tag.sequence() + " is back, which " + seen[i] + " had replaced"));
                }
                replaced.get(i).add(seen[i]);
                seen[i] = tag.sequence();
            }
            long floor = floor(ofBlock.get(i), now);
            ofBlock.get(i).removeIf(entry -> entry.completed < floor);
        }
        return found;
    }

    private int index(long block) {
        if (block < first || block >= first + seen.length) {
            throw new IllegalArgumentException("block " + block);
        }
        return (int) (block - first);
    }

    /** What was completed before this time was flushed at the time given. */
    private long lastFlush(long at) {
        return flushes.stream()
                .filter(flush -> flush.completed() < at)
                .mapToLong(Flush::submitted)
                .max()
                .orElse(ALWAYS);
    }

    /** What has ended before this time was replaced by something that lasts. */
    private static long floor(List<Entry> entries, long before) {
        long floor = ALWAYS;
        for (var entry : entries) {
            if (entry.kind != Kind.DISCARD && entry.completed < before) {
                floor = Math.max(floor, entry.submitted);
            }
        }
        return floor;
    }

    private Optional<Violation> check(int index, BlockTag tag, long at, long before) {
        long block = first + index;
        var entries = ofBlock.get(index);
        long floor = floor(entries, before);
        if (tag.kind() == BlockTag.Kind.BROKEN) {
            return Optional.of(new Violation(Violation.Kind.TORN, block, "neither zeroes nor what one request wrote"));
        }
        if (tag.kind() == BlockTag.Kind.ZERO) {
            return zeroAllowed(entries, at, floor)
                    ? Optional.empty()
                    : Optional.of(
                            new Violation(Violation.Kind.LOST, block, "zeroes instead of " + newest(entries, before)));
        }
        if (tag.run() != run || tag.block() != block) {
            return Optional.of(new Violation(
                    Violation.Kind.FOREIGN, block, "block " + tag.block() + " of run " + tag.run() + " is here"));
        }
        for (var entry : entries) {
            if (entry.sequence == tag.sequence()) {
                if (entry.submitted > at) {
                    return Optional.of(new Violation(Violation.Kind.EARLY, block, "request " + tag.sequence()));
                }
                return entry.completed >= floor
                        ? Optional.empty()
                        : Optional.of(lost(block, tag, newest(entries, before)));
            }
        }
        return tag.sequence() > lastSequence
                ? Optional.of(new Violation(Violation.Kind.EARLY, block, "request " + tag.sequence()))
                : Optional.of(lost(block, tag, newest(entries, before)));
    }

    private static Violation lost(long block, BlockTag tag, String instead) {
        return new Violation(Violation.Kind.LOST, block, "request " + tag.sequence() + " instead of " + instead);
    }

    /** Zeroes are there from the beginning, or were asked for. */
    private static boolean zeroAllowed(List<Entry> entries, long at, long floor) {
        if (floor == ALWAYS) {
            return true;
        }
        for (var entry : entries) {
            if (entry.kind != Kind.WRITE && entry.submitted < at && entry.completed >= floor) {
                return true;
            }
        }
        return false;
    }

    private static String newest(List<Entry> entries, long before) {
        long newest = 0;
        for (var entry : entries) {
            if (entry.kind != Kind.DISCARD && entry.completed < before) {
                newest = Math.max(newest, entry.sequence);
            }
        }
        return "request " + newest + ", which was promised to last";
    }
}
