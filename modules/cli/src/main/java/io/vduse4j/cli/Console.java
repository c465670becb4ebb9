package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where the command writes. Lines for standard error can be given from any thread and never make it wait: a terminal that
 * was stopped with Ctrl-S, or a log reader that hangs, would otherwise stop the thread that answers the kernel, and the
 * kernel breaks a device that is silent for 30 s. What does not fit is counted, and the count is written.
 */
final class Console {
    private static final int WAITING_LINES = 1000;

    private final PrintStream out;
    private final PrintStream err;
    private final BlockingQueue<String> waiting = new ArrayBlockingQueue<>(WAITING_LINES);
    private final AtomicLong given = new AtomicLong();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean verbose;

    /** Writes to these streams. The thread that does it begins with the first line and ends with the process. */
    Console(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Makes {@link #debug} write and the traces of {@link #failure} appear. */
    void verbose(boolean on) {
        verbose = on;
    }

    /** Whether the user wants to see everything. */
    boolean isVerbose() {
        return verbose;
    }

    /**
     * Writes what was asked for to standard output, at once. Blocks as long as its reader does.
     *
     * @throws LinuxException EPIPE when it could not be written
     */
    void out(String text) throws LinuxException {
        out.print(text);
        out.flush();
        if (out.checkError()) {
            throw new LinuxException(
                    "write", "standard output", Errno.EPIPE, "its reader is gone, or its disk is full");
        }
    }

    /** Returns standard output as picocli wants it, for help and version. */
    PrintWriter writer() {
        return new PrintWriter(out, true, StandardCharsets.UTF_8);
    }

    /** Gives one line to standard error. Does not block. */
    void say(String line) {
        give("vduse: " + Printable.line(line));
    }

    /** As {@link #say}, with -v only. */
    void debug(String line) {
        if (verbose) {
            say(line);
        }
    }

    /** Gives one line about a failure, and with -v where it came from. */
    void failure(Throwable failure) {
        say(ErrorLine.of(failure));
        if (verbose) {
            var trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            trace.toString()
                    .lines()
                    .map(line -> line.replace("\t", "    "))
                    .map(Printable::line)
                    .forEach(this::give);
        }
    }

    /** Waits until everything that was given is written, at most so long. */
    void drain(Duration timeout) {
        long until = System.nanoTime() + timeout.toNanos();
        synchronized (written) {
            try {
                while (written.get() < given.get() && until - System.nanoTime() > 0) {
                    TimeUnit.NANOSECONDS.timedWait(written, until - System.nanoTime());
                }
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void give(String line) {
        if (started.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("vduse-stderr").start(this::writeLines);
        }
        given.incrementAndGet();
        if (!waiting.offer(line)) {
            given.decrementAndGet();
            dropped.incrementAndGet();
        }
    }

    private void writeLines() {
        try {
            while (true) {
                err.println(waiting.take());
                long missing = dropped.getAndSet(0);
                if (missing > 0) {
                    err.println("vduse: " + missing + " lines were dropped, because nobody read them");
                }
                err.flush();
                synchronized (written) {
                    written.incrementAndGet();
                    written.notifyAll();
                }
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }
}
