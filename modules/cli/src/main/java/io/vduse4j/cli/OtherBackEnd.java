package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.testkit.load.LoadShape;
import io.vduse4j.testkit.load.VhostUserTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A vhost-user back end of another program, started for a measurement and ended with it. */
final class OtherBackEnd implements AutoCloseable {

    /** In the command, where its socket is to be. */
    static final String SOCKET = "{socket}";

    /** From the start to the first connection. */
    private static final Duration START = Duration.ofSeconds(30);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private final Path folder;
    private final Child child;
    private final Thread atExit;

    private OtherBackEnd(Path folder, Child child) {
        this.folder = folder;
        this.child = child;
        atExit = new Thread(child::stop, "end of the other back end");
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Starts it; what it says goes to a file.
     *
     * @param command one command as a shell reads it, with {@link #SOCKET} in it
     */
    static OtherBackEnd start(String command) throws IOException {
        var folder = Files.createTempDirectory("vduse-");
        // So that the process that is ended is the command itself, and not a shell around it.
        var words = List.of(
                "sh", "-c", "exec " + command.replace(SOCKET, socket(folder).toString()));
        try {
            return new OtherBackEnd(folder, Child.startQuietly(words, said(folder)));
        } catch (IOException failure) {
            remove(folder);
            throw failure;
        }
    }

    private static Path socket(Path folder) {
        return folder.resolve("socket");
    }

    private static Path said(Path folder) {
        return folder.resolve("said");
    }

    private static void remove(Path folder) throws IOException {
        Files.deleteIfExists(socket(folder));
        Files.deleteIfExists(said(folder));
        Files.deleteIfExists(folder);
    }

    /**
     * Connects as soon as it listens.
     *
     * @throws IOException if it has ended, with what it said last; ETIMEDOUT if it does not listen in time
     */
    VhostUserTarget connect(int queues, boolean packed, LoadShape shape) throws IOException, InterruptedException {
        var path = socket(folder);
        long deadline = System.nanoTime() + START.toNanos();
        while (true) {
            try {
                return VhostUserTarget.connect(path, queues, packed, shape);
            } catch (LinuxException failure) {
                if (failure.errno() != Errno.ENOENT && failure.errno() != Errno.ECONNREFUSED) {
                    throw failure;
                }
            }
            if (!child.isAlive()) {
                throw new IOException("the command of --vs has ended with " + child.exitCode() + ": " + lastWords());
            }
            if (System.nanoTime() - deadline > 0) {
                throw new LinuxException(
                        "connect",
                        path.toString(),
                        Errno.ETIMEDOUT,
                        "the command of --vs does not listen there after " + START.toSeconds() + " s: " + lastWords());
            }
            Thread.sleep(LOOK_AGAIN);
        }
    }

    private String lastWords() throws IOException {
        var lines = new String(Files.readAllBytes(said(folder)), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        return lines.isEmpty() ? "it has said nothing" : lines.getLast().strip();
    }

    @Override
    public void close() throws IOException {
        child.stop();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException ending) {
            return; // the process ends: the hook stops the child, which may still write to the folder
        }
        remove(folder);
    }
}
