package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Daemons that live one after the other at {@code daemon.sock}, and what is asked of them.
 *
 * @param folder of the socket
 * @param kernel where VDUSE is
 */
record Daemons(Path folder, Path kernel) {

    private String socket() {
        return folder.resolve("daemon.sock").toString();
    }

    /** Starts one, and waits until it is ready. */
    VduseProcess start() throws Exception {
        var daemon = VduseProcess.start(folder, "daemon", "--socket", socket(), "--host", kernel.toString());
        daemon.awaitErr("ready in");
        return daemon;
    }

    /**
     * Asks it.
     *
     * @param line a command of {@code vduse}, words with a blank between
     */
    VduseProcess ask(String line) throws IOException {
        return VduseProcess.start(
                folder,
                Stream.concat(Stream.of(line.split(" ", -1)), Stream.of("--daemon", socket()))
                        .toArray(String[]::new));
    }

    /** What it answers to a command that must succeed. */
    String done(String line) throws Exception {
        try (var vduse = ask(line)) {
            assertThat(vduse.awaitExit()).as(Files.readString(vduse.err())).isZero();
            return Files.readString(vduse.out());
        }
    }
}
