package io.vduse4j.peers;

import java.nio.file.Path;
import java.util.Random;

/** Lives of a server that end by {@code kill -9} at random times, each followed by the next. */
final class KillStorm implements AutoCloseable {

    private static final int LONGEST_LIFE_MILLIS = 700;

    private final Path folder;
    private final String[] words;
    private final Random random;
    private VduseProcess now;
    private long slowest;

    /**
     * Starts the first.
     *
     * @param words its command line
     */
    KillStorm(Path folder, Random random, String... words) throws Exception {
        this.folder = folder;
        this.random = random;
        this.words = words;
        now = VduseProcess.start(folder, words);
    }

    /** The device of the first life. */
    String device() throws Exception {
        return now.awaitDevice();
    }

    /** What is done when the next life serves. */
    interface Reborn {
        void serve() throws Exception;
    }

    /** Kills it so many times. */
    void rage(int kills, Reborn reborn) throws Exception {
        for (int i = 0; i < kills; i++) {
            Thread.sleep(random.nextInt(LONGEST_LIFE_MILLIS));
            now.kill();
            long dead = System.nanoTime();
            now = VduseProcess.start(folder, words);
            now.awaitDevice();
            reborn.serve();
            slowest = Math.max(slowest, System.nanoTime() - dead);
        }
    }

    /** Longest time from a death to the next life, in milliseconds. */
    long slowestMillis() {
        return slowest / 1_000_000;
    }

    /** Ends the last life in order; returns the exit code. */
    int stop() throws Exception {
        return now.stop();
    }

    /** What the last life has said. */
    String said() throws Exception {
        return now.said();
    }

    @Override
    public void close() {
        now.close();
    }
}
