package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * An NBD server of somebody else.
 *
 * @param uri of its export
 */
record Nbdkit(String uri, Process process) implements AutoCloseable {

    /** Serves as the words for nbdkit say; the test is given up where there is none. */
    static Nbdkit serve(Path folder, String... words) throws Exception {
        Assumptions.assumeTrue(Tools.exist("nbdkit"), "no nbdkit here");
        var socket = folder.resolve("s");
        var command = new ArrayList<>(List.of("nbdkit", "-f", "-U", socket.toString()));
        command.addAll(List.of(words));
        var nbdkit = new Nbdkit("nbd+unix:///?socket=" + socket, new ProcessBuilder(command).start());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!Files.exists(socket)) {
            assertThat(System.nanoTime() - end).as("time").isNegative();
            Thread.sleep(20);
        }
        return nbdkit;
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
