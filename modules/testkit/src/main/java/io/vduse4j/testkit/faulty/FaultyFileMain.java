package io.vduse4j.testkit.faulty;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Serves a faulty file: {@code FaultyFileMain FILE BYTES TRACE}. FILE exists and is hidden while this runs; TRACE takes the
 * {@link FileEvent}s. Commands come from standard input, a line each, and are answered by a line each: {@code fault …},
 * {@code clear}, {@code jitter NANOS SEED}, {@code thaw}, {@code held}, {@code hits}, {@code trace}. The end of the input
 * is the end of the file: who still waits for it gets an error.
 */
public final class FaultyFileMain {
    private FaultyFileMain() {}

    /**
     * Runs.
     *
     * @param args file, size in bytes, file for the trace
     */
    public static void main(String[] args) throws IOException {
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        try (var trace = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(Path.of(args[2]))));
                var faults = new Faults();
                var kernel = new FuseConnection(args[0])) {
            var server = new FileServer(kernel, Long.parseLong(args[1]), faults, trace);
            Thread.ofPlatform().daemon().name("fuse").start(() -> serve(server));
            out.println("ready");
            var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                out.println(execute(line.split(" ", -1), faults, server));
            }
        }
        // Threads of actions that were never answered do not keep it.
        System.exit(0);
    }

    private static void serve(FileServer server) {
        try {
            server.run();
        } catch (IOException | RuntimeException problem) {
            fail(problem);
        }
    }

    /** Ends the process: all who wait for an answer are told so by the kernel. */
    static void fail(Exception problem) {
        problem.printStackTrace();
        Runtime.getRuntime().halt(1);
    }

    private static String execute(String[] words, Faults faults, FileServer server) throws IOException {
        switch (words[0]) {
            case "fault" -> faults.add(Fault.of(words));
            case "clear" -> faults.clear();
            case "jitter" -> faults.jitter(Long.parseLong(words[1]), Long.parseLong(words[2]));
            case "thaw" -> faults.thaw();
            case "held" -> {
                return Integer.toString(faults.held());
            }
            case "hits" -> {
                return Integer.toString(faults.hits());
            }
            case "trace" -> server.flushTrace();
            default -> {
                return "unknown: " + words[0];
            }
        }
        return "ok";
    }
}
