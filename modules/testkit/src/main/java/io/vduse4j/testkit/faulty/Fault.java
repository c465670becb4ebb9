package io.vduse4j.testkit.faulty;

import java.time.Duration;
import java.util.Locale;

/**
 * What goes wrong with some of the requests to a {@link FaultyFile}.
 *
 * @param op of which kind
 * @param offset first byte of the range that they must touch
 * @param length of that range in bytes; syncs have no range, and are always within
 * @param skip how many of them are left alone first
 * @param times how many of them it then happens to
 * @param effect what happens
 * @param argument the errno of {@link Effect#ERROR}, and of {@link Effect#FREEZE} unless it is 0; the bytes of {@link
 *     Effect#SHORT}; the milliseconds of {@link Effect#DELAY}
 */
public record Fault(Op op, long offset, long length, int skip, int times, Effect effect, long argument) {

    /** A kind of request. */
    public enum Op {
        /** {@code read}, in all of its forms. */
        READ,
        /** {@code write}, in all of its forms. */
        WRITE,
        /** {@code fsync} and {@code fdatasync}. */
        FSYNC,
        /** {@code fallocate}: what discards and zeroes. */
        FALLOCATE
    }

    /** What happens to a request. */
    public enum Effect {
        /** It fails, and changes nothing. */
        ERROR,
        /** Only its first bytes are read or written, and the answer says so. */
        SHORT,
        /** It is done, and answered, later. */
        DELAY,
        /** It stays in the kernel, and is done, and answered, after {@link FaultyFile#thaw}. */
        FREEZE
    }

    /** Every request of a kind, once: to be narrowed down. */
    public static Fault on(Op op) {
        return new Fault(op, 0, Long.MAX_VALUE, 0, 1, Effect.DELAY, 0);
    }

    /** Only what touches this range, in bytes. */
    public Fault at(long from, long bytes) {
        return new Fault(op, from, bytes, skip, times, effect, argument);
    }

    /** Only after so many others of the kind that touch the range. */
    public Fault after(int others) {
        return new Fault(op, offset, length, others, times, effect, argument);
    }

    /** Not once but so often. */
    public Fault times(int often) {
        return new Fault(op, offset, length, skip, often, effect, argument);
    }

    /** It fails with this errno, a positive number below 512. */
    public Fault error(int errno) {
        return new Fault(op, offset, length, skip, times, Effect.ERROR, errno);
    }

    /** It ends after so many bytes. */
    public Fault shortAfter(long bytes) {
        return new Fault(op, offset, length, skip, times, Effect.SHORT, bytes);
    }

    /** It takes so long. */
    public Fault delay(Duration time) {
        return new Fault(op, offset, length, skip, times, Effect.DELAY, time.toMillis());
    }

    /** It waits for {@link FaultyFile#thaw}. */
    public Fault freeze() {
        return freezeThenError(0);
    }

    /** It waits for {@link FaultyFile#thaw}, and fails then with this errno. */
    public Fault freezeThenError(int errno) {
        return new Fault(op, offset, length, skip, times, Effect.FREEZE, errno);
    }

    /** Whether it can happen to a request of this kind and range. */
    boolean concerns(Op kind, long from, long bytes) {
        return kind == op && (kind == Op.FSYNC || (from - offset < length && offset - from < bytes));
    }

    /** One line for the process that serves the file. */
    String line() {
        return String.format(
                Locale.ROOT, "fault %s %d %d %d %d %s %d", op, offset, length, skip, times, effect, argument);
    }

    /** Reads what {@link #line} wrote, in words. */
    static Fault of(String[] words) {
        return new Fault(
                Op.valueOf(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                Integer.parseInt(words[4]),
                Integer.parseInt(words[5]),
                Effect.valueOf(words[6]),
                Long.parseLong(words[7]));
    }
}
