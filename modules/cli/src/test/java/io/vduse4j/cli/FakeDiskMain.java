package io.vduse4j.cli;

import io.vduse4j.daemon.ServedDisk;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * The command with a disk that needs no kernel, for a process of its own: what it does is said by the property
 * {@code fake}. Closing writes a line, so that a test sees that it happened.
 */
final class FakeDiskMain {
    private FakeDiskMain() {}

    public static void main(String[] args) {
        var console = new Console(System.out, System.err);
        System.exit(Main.execute(console, settings -> serve(console), args));
    }

    private static ServedDisk serve(Console console) throws IOException {
        var behaviour = System.getProperty("fake", "");
        if (behaviour.equals("slow attach")) {
            console.say("attaching");
            sleep(Duration.ofSeconds(2));
        }
        return new FakeDisk(console, behaviour);
    }

    private static void sleep(Duration time) throws IOException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException end) {
            throw new IOException(end);
        }
    }

    private record FakeDisk(Console console, String behaviour) implements ServedDisk {
        @Override
        public String device() {
            return "/dev/fake0";
        }

        @Override
        public long size() {
            return 1 << 20;
        }

        @Override
        public String backend() {
            return "fake:1M";
        }

        @Override
        public Optional<String> lost() {
            return Optional.empty();
        }

        @Override
        public boolean awaitEnd(Duration timeout) throws InterruptedException {
            Thread.sleep(isBroken() || behaviour.equals("detached") ? Duration.ofMillis(300) : timeout);
            return true;
        }

        @Override
        public boolean isBroken() {
            return behaviour.equals("broken");
        }

        @Override
        public boolean isInUse() {
            return false;
        }

        @Override
        public void resize(long bytes) {
            console.say("resized");
        }

        @Override
        public void close() throws IOException {
            if (behaviour.equals("hangs")) {
                console.say("hanging");
                sleep(Duration.ofMinutes(1));
            }
            console.say("closed");
        }
    }
}
