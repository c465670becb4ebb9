package io.vduse4j.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.AtHand;
import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.nbd.RawClient.Simple;
import io.vduse4j.nbd.wire.Nbd.Chunk;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.CommandFlag;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are done on the connection's thread, beside those that are not. */
@Timeout(60)
class AtOnceTest {
    private static final int SIZE = 4 << 20;

    @TempDir
    Path folder;

    private interface Use {
        void with(NbdServer server) throws Exception;
    }

    private void serve(String volume, Use use) throws Exception {
        try (Backend backend = Backends.open(volume, BackendOptions.NONE);
                var export = new BackendExport(backend, 2)) {
            serve(export, use);
        }
    }

    private void serve(NbdExport export, Use use) throws Exception {
        try (var server = NbdServer.listen(folder.resolve("s"), NbdLimits.DEFAULT)) {
            server.add("disk", export);
            use.with(server);
        }
    }

    /** An export whose requests are held, but for those that this has at hand. */
    private static HeapExport held(Function<HeapExport, AtHand> atHand) {
        var export = new HeapExport(SIZE) {
            @Override
            public AtHand atHand() {
                return atHand.apply(this);
            }
        };
        export.hold(1);
        return export;
    }

    private static void inParallel(Callable<Void> sender, Callable<Void> receiver) throws Exception {
        try (var executor = Executors.newSingleThreadExecutor()) {
            var sent = executor.submit(sender);
            receiver.call();
            sent.get();
        }
    }

    /** Short ones are done at once, long ones by a worker, and both go through the same socket at the same time. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void requestsOfAllSizesInOneStreamAreAnswered(boolean structured) throws Exception {
        var random = new Random(structured ? 1 : 0);
        int count = 600;
        int[] lengths = new int[count];
        long[] offsets = new long[count];
        long end = 0;
        for (int i = 0; i < count; i++) {
            lengths[i] = 512 << random.nextInt(9);
            lengths[i] += random.nextInt(3) == 0 ? 512 : 0;
            offsets[i] = end;
            end += lengths[i];
        }
        byte[] content = new byte[(int) end];
        random.nextBytes(content);
        serve("memory:128M", server -> {
            try (var client = structured
                    ? RawClient.structured(server.address(), "disk")
                    : RawClient.begun(server.address(), "disk")) {
                inParallel(
                        () -> {
                            for (int i = 0; i < count; i++) {
                                int from = (int) offsets[i];
                                client.write(
                                        i % 7 == 0 ? CommandFlag.FUA : 0,
                                        i,
                                        from,
                                        Arrays.copyOfRange(content, from, from + lengths[i]));
                            }
                            return null;
                        },
                        () -> {
                            var seen = new boolean[count];
                            for (int i = 0; i < count; i++) {
                                Simple reply = client.simple();
                                assertThat(reply.error()).isZero();
                                assertThat(seen[(int) reply.cookie()]).isFalse();
                                seen[(int) reply.cookie()] = true;
                            }
                            return null;
                        });
                inParallel(
                        () -> {
                            for (int i = 0; i < count; i++) {
                                client.request(Command.READ, 0, i, offsets[i], lengths[i]);
                            }
                            return null;
                        },
                        () -> {
                            var seen = new boolean[count];
                            for (int i = 0; i < count; i++) {
                                int cookie = readBack(client, structured, content, offsets, lengths);
                                assertThat(seen[cookie]).isFalse();
                                seen[cookie] = true;
                            }
                            return null;
                        });
            }
        });
    }

    private static int readBack(RawClient client, boolean structured, byte[] content, long[] offsets, int[] lengths)
            throws IOException {
        int cookie;
        byte[] data;
        if (structured) {
            var part = client.part();
            cookie = (int) part.cookie();
            assertThat(part.type()).isEqualTo(Chunk.OFFSET_DATA);
            assertThat(part.flags()).isEqualTo(Chunk.FLAG_DONE);
            assertThat(part.buffer().getLong()).isEqualTo(offsets[cookie]);
            data = Arrays.copyOfRange(part.data(), Long.BYTES, part.data().length);
        } else {
            Simple reply = client.simple();
            assertThat(reply.error()).isZero();
            cookie = (int) reply.cookie();
            data = client.bytes(lengths[cookie]);
        }
        int from = (int) offsets[cookie];
        assertThat(data).isEqualTo(Arrays.copyOfRange(content, from, from + lengths[cookie]));
        return cookie;
    }

    @Test
    void zeroesThatAreKnownAreNotSent() throws Exception {
        serve("null:1T", server -> {
            try (var client = RawClient.structured(server.address(), "disk")) {
                for (int flags : new int[] {0, CommandFlag.DF}) {
                    client.request(Command.READ, flags, 7, 1L << 39, 8192);
                    var part = client.part();
                    assertThat(part.type()).isEqualTo(Chunk.OFFSET_HOLE);
                    assertThat(part.flags()).isEqualTo(Chunk.FLAG_DONE);
                    assertThat(part.cookie()).isEqualTo(7);
                    assertThat(part.data())
                            .isEqualTo(ByteBuffer.allocate(12)
                                    .putLong(1L << 39)
                                    .putInt(8192)
                                    .array());
                }
            }
            try (var client = RawClient.begun(server.address(), "disk")) {
                client.write(0, 1, 0, filled(8192));
                assertThat(client.simple()).isEqualTo(new Simple(0, 1));
                client.request(Command.READ, 0, 2, 0, 10_240);
                assertThat(client.simple()).isEqualTo(new Simple(0, 2));
                assertThat(client.bytes(10_240)).containsOnly(0);
            }
        });
    }

    private static byte[] filled(int length) {
        var bytes = new byte[length];
        Arrays.fill(bytes, (byte) 0x5a);
        return bytes;
    }

    @Test
    void whatHasToWaitStopsNothingThatIsAtHand() throws Exception {
        var export = held(disk -> request -> request.offset == 0 ? AtHand.NOT_AT_HAND : AtHand.ZEROES);
        serve(export, server -> {
            try (var client = RawClient.begun(server.address(), "disk")) {
                client.request(Command.READ, 0, 1, 0, 512);
                assertThat(export.awaitHeld()).isTrue();
                for (int i = 2; i < 1000; i++) {
                    client.request(Command.READ, 0, i, 512, 512);
                    assertThat(client.simple()).isEqualTo(new Simple(0, i));
                    client.bytes(512);
                }
                export.releaseAll();
                assertThat(client.simple()).isEqualTo(new Simple(0, 1));
                client.bytes(512);
            }
        });
    }

    /** What fails at once is asked in the other way, which says how it ends. */
    @Test
    void whatFailsAtOnceIsTriedInTheOtherWay() throws Exception {
        var export = held(disk -> request -> {
            if (request.offset == 0) {
                throw new IllegalStateException("a fault that a test makes");
            }
            return Errno.EIO;
        });
        export.releaseAll();
        serve(export, server -> {
            try (var client = RawClient.begun(server.address(), "disk")) {
                for (int offset : new int[] {0, 512}) {
                    client.write(0, 1, offset, filled(512));
                    assertThat(client.simple()).isEqualTo(new Simple(0, 1));
                    client.request(Command.READ, 0, 2, offset, 512);
                    assertThat(client.simple()).isEqualTo(new Simple(0, 2));
                    assertThat(client.bytes(512)).isEqualTo(filled(512));
                }
                assertThat(export.log).containsExactly("write 0", "read 0", "write 512", "read 512");
            }
        });
    }

    /** Such a client would wait for ever for a server that waits for it to take its replies. */
    @Test
    void aClientMaySendAllBeforeItTakesAReply() throws Exception {
        int reads = NbdLimits.DEFAULT.requests() - 6;
        serve("memory:64M", server -> {
            try (var client = RawClient.begun(server.address(), "disk")) {
                for (int i = 0; i < reads; i++) {
                    client.request(Command.READ, 0, i, i * 65_536L, 16_384);
                }
                client.write(0, reads, 0, filled(16 << 20));
                boolean written = false;
                for (int i = 0; i <= reads; i++) {
                    Simple reply = client.simple();
                    assertThat(reply.error()).isZero();
                    if (reply.cookie() == reads) {
                        written = true;
                    } else {
                        client.bytes(16_384);
                    }
                }
                assertThat(written).isTrue();
            }
        });
    }
}
