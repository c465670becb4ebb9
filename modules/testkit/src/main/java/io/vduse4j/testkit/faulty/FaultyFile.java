package io.vduse4j.testkit.faulty;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Mount;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A regular file that fails when it is told to. A process of its own serves it by FUSE: reads and writes are in the kernel
 * until that process answers, so a writer can be killed meanwhile and its write is done afterwards, as with a real disk.
 * No page cache is between: each read, write and sync of the file is one request there.
 *
 * <p>It needs root, {@code /dev/fuse} and a kernel with FUSE; {@link #missing} says what is not there. One thread at a time.
 */
public final class FaultyFile implements AutoCloseable {
    private static final long DEADLINE_SECONDS = 30;

    private final Path path;
    private final Path trace;
    private final Process process;
    private final PrintStream commands;
    private final BufferedReader answers;

    private FaultyFile(Path path, Path trace, Process process) {
        this.path = path;
        this.trace = trace;
        this.process = process;
        commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Says why there can be no such file here; empty if there can. */
    public static Optional<String> missing() {
        if (!Files.isReadable(Path.of("/dev/fuse")) || !Files.isWritable(Path.of("/dev/fuse"))) {
            return Optional.of("/dev/fuse cannot be opened");
        }
        try {
            var nothing = Files.createTempFile("vduse4j", "mount");
            try {
                Mount.detach(nothing.toString());
            } finally {
                Files.delete(nothing);
            }
            return Optional.of("what was just created is a mount");
        } catch (LinuxException problem) {
            // EINVAL: one may, but nothing is mounted there.
            return problem.errno() == Errno.EINVAL
                    ? Optional.empty()
                    : Optional.of("nothing can be mounted here: " + problem.getMessage());
        } catch (IOException problem) {
            return Optional.of(problem.toString());
        }
    }

    /**
     * Serves a new file of zeroes.
     *
     * @param folder where {@code faulty.img} appears, beside the files of the process
     * @param bytes its size, which is kept in memory; a multiple of 4096
     */
    public static FaultyFile serve(Path folder, long bytes) throws IOException {
        var path = Files.createFile(folder.resolve("faulty.img"));
        var trace = folder.resolve("faulty.trace");
        var line = java();
        line.addAll(List.of(path.toString(), Long.toString(bytes), trace.toString()));
        var process = new ProcessBuilder(line)
                .redirectError(folder.resolve("faulty.err").toFile())
                .start();
        var file = new FaultyFile(path, trace, process);
        try {
            file.expect("ready");
            return file;
        } catch (IOException problem) {
            process.destroyForcibly();
            throw new IOException(
                    problem.getMessage() + ": " + Files.readString(folder.resolve("faulty.err")), problem);
        }
    }

    private static List<String> java() {
        var line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
        var modules = System.getProperty("jdk.module.path");
        var main = FaultyFileMain.class;
        if (main.getModule().isNamed()) {
            line.addAll(List.of("--enable-native-access=io.vduse4j.linux", "-p", modules, "-m"));
            line.add(main.getModule().getName() + "/" + main.getName());
        } else {
            var classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            line.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classes, main.getName()));
        }
        return line;
    }

    /** The file, to be opened by whoever is to be tested. */
    public Path path() {
        return path;
    }

    /** The process that serves it; only to be looked at. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    /** Adds a fault. Of several that concern a request, the one that was added first happens. */
    public void add(Fault fault) throws IOException {
        ask(fault.line(), "ok");
    }

    /** Takes all faults and the jitter away; what is frozen stays so. */
    public void clear() throws IOException {
        ask("clear", "ok");
    }

    /**
     * Lets every write, sync and {@code fallocate} take a random time, so that they overlap and end in another order.
     *
     * @param most longest time; zero is none
     * @param seed of the random times
     */
    public void jitter(Duration most, long seed) throws IOException {
        ask("jitter " + most.toNanos() + " " + seed, "ok");
    }

    /** Does, and answers, all that is frozen. */
    public void thaw() throws IOException {
        ask("thaw", "ok");
    }

    /** How many requests are frozen now. */
    public int frozen() throws IOException {
        return Integer.parseInt(ask("held"));
    }

    /** How many requests have met a fault so far. */
    public int hits() throws IOException {
        return Integer.parseInt(ask("hits"));
    }

    /**
     * Waits until so many requests are frozen.
     *
     * @throws IOException if they are not in 30 s
     */
    public void awaitFrozen(int requests) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (frozen() < requests) {
            if (System.nanoTime() > end) {
                throw new IOException(path + ": " + frozen() + " requests are frozen, not " + requests);
            }
            Thread.sleep(2);
        }
    }

    /** All that has changed or synced the file until now, in the order in which it was done. */
    public List<FileEvent> trace() throws IOException {
        ask("trace", "ok");
        var events = new ArrayList<FileEvent>();
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(trace)))) {
            while (true) {
                events.add(FileEvent.read(in));
            }
        } catch (EOFException end) {
            return events;
        }
    }

    private void ask(String command, String expected) throws IOException {
        commands.println(command);
        expect(expected);
    }

    private String ask(String command) throws IOException {
        commands.println(command);
        return answer();
    }

    private void expect(String expected) throws IOException {
        var answer = answer();
        if (!answer.equals(expected)) {
            throw new IOException(path + " is not served: " + answer);
        }
    }

    /** The process answers at once, or has ended: then the pipe is closed. */
    private String answer() throws IOException {
        var line = answers.readLine();
        return line == null ? "the process that serves it has ended" : line;
    }

    /** Takes the file away. Whoever waits for it, or uses it later, gets an error. */
    @Override
    public void close() throws IOException {
        commands.close();
        try {
            if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                Mount.detach(path.toString());
                throw new IOException(path + ": the process that serves it does not end");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            Mount.detach(path.toString());
        } finally {
            answers.close();
        }
    }
}
