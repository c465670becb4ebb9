package io.vduse4j.durability;

import io.vduse4j.block.Backend;
import io.vduse4j.block.Channel;
import io.vduse4j.block.Completions;
import io.vduse4j.block.Iovecs;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.EventFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;

/**
 * A write of one block through a backend, in this process or in one that can be killed: {@code BlockWrite PATH VALUE RING}.
 * That one never ends by itself.
 */
final class BlockWrite implements Completions {

    /** Where the block lies, and how long it is. */
    static final int BLOCK = 4096;

    private final boolean ring;
    private volatile int errno = -1;

    private BlockWrite(boolean ring) {
        this.ring = ring;
    }

    /** How a volume is opened so that its writes go this way. */
    static BackendOptions options(boolean ring) {
        return BackendOptions.NONE.withDirect(ring);
    }

    /** Starts the process, which is killed by whoever has started it. */
    static Process start(Path path, int value, boolean ring) throws IOException {
        var classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classes,
                        BlockWrite.class.getName(),
                        path.toString(),
                        Integer.toString(value),
                        Boolean.toString(ring)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Writes and waits for ever. */
    public static void main(String[] args) throws Exception {
        boolean ring = Boolean.parseBoolean(args[2]);
        var write = new BlockWrite(ring);
        try (var backend = Backends.open(args[0], options(ring));
                var channel = backend.open(1, write);
                var arena = Arena.ofShared()) {
            write.submit(channel, arena, Integer.parseInt(args[1]));
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    /** Writes a block full of a value, and waits until it is done. */
    static void of(Backend backend, int value) throws IOException {
        var write = new BlockWrite(false);
        try (var channel = backend.open(1, write);
                var arena = Arena.ofShared()) {
            write.submit(channel, arena, value);
            if (write.errno != 0) {
                throw new IOException("the write ended with errno " + write.errno);
            }
        }
    }

    private void submit(Channel channel, Arena arena, int value) {
        var block = arena.allocate(BLOCK, BLOCK).fill((byte) value);
        var iov = arena.allocate(Iovecs.BYTES, 8);
        Iovecs.set(iov.address(), 0, block.address(), BLOCK);
        var request = new Request();
        request.op = Request.Op.WRITE;
        request.offset = BLOCK;
        request.length = BLOCK;
        request.iov = iov.address();
        request.iovCount = 1;
        channel.submit(0, request);
        channel.flushSubmissions();
    }

    @Override
    public void complete(int slot, int result) {
        errno = result;
    }

    @Override
    public void post(int slot, int result) {
        errno = result;
    }

    @Override
    public boolean watch(EventFd ready) {
        return ring;
    }
}
