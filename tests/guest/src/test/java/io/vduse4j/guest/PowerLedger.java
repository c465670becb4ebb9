package io.vduse4j.guest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What a life in a guest has told the outside, which outlives it: which request each block holds at least. A line is one
 * flush that was acknowledged: how many writes were completed before, the most that were under way at once, and {@code
 * block:request} for what is promised now. The file lies in a share without a cache: a write that has returned is with the
 * host. Any thread.
 */
final class PowerLedger implements PowerWindow.Flushes, AutoCloseable {
    private final FileChannel file;
    private final long[] told;

    /**
     * Begins one.
     *
     * @param path of a file that does not exist
     * @param blocks how many there are
     */
    PowerLedger(Path path, int blocks) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        told = new long[blocks];
    }

    @Override
    public synchronized void flushed(long[] requests, long writes, int depth) throws IOException {
        var line = new StringBuilder().append(writes).append(' ').append(depth);
        for (int block = 0; block < told.length; block++) {
            if (requests[block] > told[block]) {
                told[block] = requests[block];
                line.append(' ').append(block).append(':').append(told[block]);
            }
        }
        var bytes = ByteBuffer.wrap(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /**
     * How much was told.
     *
     * @param lines how many there are
     * @param writes how many were completed before the last flush
     * @param depth the most that were under way at once
     */
    record Told(int lines, long writes, int depth) {}

    /** Reads how much was told before the power was lost. */
    static Told told(Path path) throws IOException {
        var lines = lines(path);
        long writes = 0;
        int depth = 0;
        for (var words : lines) {
            writes = Math.max(writes, Long.parseLong(words[0]));
            depth = Math.max(depth, Integer.parseInt(words[1]));
        }
        return new Told(lines.size(), writes, depth);
    }

    /** Reads what was promised: by block, the oldest request that it may hold; 0 for any. */
    static long[] promised(Path path, int blocks) throws IOException {
        var promised = new long[blocks];
        for (var words : lines(path)) {
            for (int i = 2; i < words.length; i++) {
                int colon = words[i].indexOf(':');
                promised[Integer.parseInt(words[i].substring(0, colon))] =
                        Long.parseLong(words[i].substring(colon + 1));
            }
        }
        return promised;
    }

    /** All whole lines: one without an end was not told. */
    private static List<String[]> lines(Path path) throws IOException {
        var text = Files.readString(path, StandardCharsets.US_ASCII);
        return text.substring(0, text.lastIndexOf('\n') + 1)
                .lines()
                .map(line -> line.split(" ", -1))
                .toList();
    }
}
