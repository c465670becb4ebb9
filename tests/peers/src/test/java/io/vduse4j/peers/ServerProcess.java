package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A server of somebody else that runs until a test ends it. */
final class ServerProcess {
    private static final int DEADLINE_SECONDS = 20;

    private final Process process;

    private ServerProcess(Process process) {
        this.process = process;
    }

    /** Starts one and waits until it listens. */
    static ServerProcess start(Path folder, Path socket, String... command) throws IOException, InterruptedException {
        Files.deleteIfExists(socket);
        var output = Files.createTempFile(folder, command[0], ".out");
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (!Files.exists(socket) || !listens(socket)) {
            assertThat(process.isAlive() && System.nanoTime() - deadline < 0)
                    .as("%s does not listen; it said: %s", command[0], Files.readString(output))
                    .isTrue();
            Thread.sleep(20);
        }
        return new ServerProcess(process);
    }

    private static boolean listens(Path socket) {
        try (var probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Sends a signal by its name. */
    void signal(String name) throws IOException, InterruptedException {
        var kill = new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(kill.exitValue()).isZero();
    }

    /** Ends it without notice. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
