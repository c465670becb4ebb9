package io.vduse4j.backend.file;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A block device made of a file; the test is skipped where none can be made. */
final class LoopDevice implements AutoCloseable {
    private final String device;

    private LoopDevice(String device) {
        this.device = device;
    }

    /**
     * Makes one.
     *
     * @param backing holds its bytes; created
     * @param options more words for losetup(8)
     */
    static LoopDevice of(Path backing, long size, String... options) throws Exception {
        Assumptions.assumeTrue(
                Files.isWritable(Path.of("/dev/loop-control")) && Files.isExecutable(Path.of("/usr/sbin/losetup")),
                "no loop devices here");
        try (var file = new RandomAccessFile(backing.toFile(), "rw")) {
            file.setLength(size);
        }
        var command = new ArrayList<>(List.of("losetup", "--find", "--show"));
        command.addAll(List.of(options));
        command.add(backing.toString());
        return new LoopDevice(run(command));
    }

    String path() {
        return device;
    }

    @Override
    public void close() throws IOException {
        run(List.of("losetup", "--detach", device));
    }

    /** Runs a command to its end, which must be good; returns what it prints. */
    static String run(List<String> command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(command + ": " + output);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(command + ": interrupted", interrupted);
        }
        return output.strip();
    }
}
