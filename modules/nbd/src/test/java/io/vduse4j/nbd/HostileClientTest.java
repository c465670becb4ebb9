package io.vduse4j.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.nbd.RawClient.Simple;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.Option;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that mean no good: the server serves the others, and keeps nothing of them (BUG-08). */
@Timeout(120)
class HostileClientTest {
    private static final int SIZE = 1 << 20;
    private static final int MUTATIONS = 1500;

    @TempDir
    Path folder;

    private long before;
    private NbdServer server;

    @BeforeEach
    void start() throws Exception {
        before = MemoryBudget.process().used();
        server = NbdServer.listen(folder.resolve("s"), NbdLimits.DEFAULT.withHandshake(Duration.ofSeconds(1)));
        server.add("disk", new HeapExport(SIZE));
    }

    /** A client of good will is served, and nothing is left in the end. */
    @AfterEach
    void stop() throws Exception {
        for (int i = 0; i < 200 && server.connections() > 0; i++) {
            Thread.sleep(20);
        }
        assertThat(server.connections()).isZero();
        try (var client = RawClient.begun(server.address(), "disk")) {
            client.write(0, 1, 512, new byte[512]);
            assertThat(client.simple()).isEqualTo(new Simple(0, 1));
        }
        server.close();
        assertThat(MemoryBudget.process().used()).isEqualTo(before);
    }

    /** All that a client of good will says, from the first byte to the last. */
    private static byte[] conversation() {
        var all = ByteBuffer.allocate(8192);
        all.putInt(3);
        for (var part : new ByteBuffer[] {
            RawClient.optionBytes(Option.STRUCTURED_REPLY, new byte[0]),
            RawClient.optionBytes(Option.LIST, new byte[0]),
            RawClient.optionBytes(Option.SET_META_CONTEXT, RawClient.queries("disk", "base:allocation")),
            RawClient.optionBytes(Option.GO, RawClient.go("disk", 1, 2, 3)),
            RawClient.requestBytes(Command.READ, 0, 1, 0, 4096),
            RawClient.requestBytes(Command.BLOCK_STATUS, 0, 2, 0, SIZE),
            RawClient.requestBytes(Command.WRITE, 1, 3, 0, 512),
            ByteBuffer.allocate(512).position(512),
            RawClient.requestBytes(Command.WRITE_ZEROES, 0, 4, 512, 512),
            RawClient.requestBytes(Command.TRIM, 0, 5, 512, 512),
            RawClient.requestBytes(Command.FLUSH, 0, 6, 0, 0),
            RawClient.requestBytes(Command.DISC, 0, 7, 0, 0)
        }) {
            all.put(part.flip());
        }
        return Arrays.copyOf(all.array(), all.position());
    }

    private void say(byte[] bytes) throws IOException {
        try (var client = new RawClient(server.address())) {
            client.send(ByteBuffer.allocate(bytes.length).put(bytes));
        } catch (IOException hungUp) {
            assertThat(hungUp).hasMessageContaining("ipe");
        }
    }

    @Test
    void disconnectingAfterAnyByte() throws Exception {
        var all = conversation();
        for (int length = 0; length <= all.length; length += length < 300 || length > all.length - 200 ? 1 : 37) {
            say(Arrays.copyOf(all, length));
        }
    }

    @Test
    void disconnectingAfterAnyByteOfTheServer() throws Exception {
        var all = conversation();
        for (int length = 0; length < 900; length += 9) {
            try (var client = new RawClient(server.address())) {
                client.send(ByteBuffer.allocate(all.length).put(all));
                client.bytes(length);
            }
        }
    }

    @Test
    void changedBytesAnywhere() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        var random = new SplittableRandom(seed);
        for (int i = 0; i < MUTATIONS; i++) {
            var bytes = conversation();
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                say(bytes);
            } catch (IOException | AssertionError failure) {
                throw new AssertionError("repeat with -Dseed=" + seed, failure);
            }
        }
    }

    @Test
    void twoHundredAtOnceThatSayNothing() throws Exception {
        var clients = new ArrayList<RawClient>();
        for (int i = 0; i < 200; i++) {
            clients.add(new RawClient(server.address()));
        }
        for (var client : clients) {
            try {
                client.greeting();
                assertThat(client.isDisconnected()).isTrue();
            } catch (IOException turnedAway) {
                assertThat(client.isDisconnected()).isTrue();
            }
            client.close();
        }
    }

    @Test
    void moreRequestsThanAreReadAtOnce() throws Exception {
        try (var client = RawClient.begun(server.address(), "disk")) {
            int count = 4 * NbdLimits.DEFAULT.requests();
            var sender = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < count; i++) {
                        client.request(Command.READ, 0, i, 0, 64 << 10);
                    }
                } catch (IOException failure) {
                    throw new AssertionError(failure);
                }
            });
            Thread.sleep(200);
            for (int i = 0; i < count; i++) {
                assertThat(client.simple()).isEqualTo(new Simple(0, i));
                client.bytes(64 << 10);
            }
            sender.join();
        }
    }

    @Test
    void aRequestWithoutItsMagicNumberDisconnects() throws Exception {
        try (var client = RawClient.begun(server.address(), "disk")) {
            client.send(ByteBuffer.allocate(28).putLong(1).putLong(2).putLong(3).putInt(4));
            assertThat(client.isDisconnected()).isTrue();
        }
    }
}
