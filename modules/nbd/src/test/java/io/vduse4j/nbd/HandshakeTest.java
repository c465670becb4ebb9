package io.vduse4j.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.nbd.wire.Nbd;
import io.vduse4j.nbd.wire.Nbd.Info;
import io.vduse4j.nbd.wire.Nbd.Option;
import io.vduse4j.nbd.wire.Nbd.OptionReply;
import io.vduse4j.nbd.wire.Nbd.Transmission;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HandshakeTest {
    private static final int EVERYTHING = Transmission.HAS_FLAGS
            | Transmission.SEND_FLUSH
            | Transmission.SEND_FUA
            | Transmission.SEND_TRIM
            | Transmission.SEND_WRITE_ZEROES
            | Transmission.SEND_CACHE
            | Transmission.CAN_MULTI_CONN;

    @TempDir
    Path folder;

    private NbdServer server;
    private HeapExport disk;

    @BeforeEach
    void start() throws Exception {
        server = NbdServer.listen(folder.resolve("s"), NbdLimits.DEFAULT.withHandshake(Duration.ofSeconds(2)));
        disk = new HeapExport(1 << 20);
        server.add("disk", disk);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    private RawClient client() throws Exception {
        return RawClient.greeted(server.address());
    }

    @Test
    void goDescribesTheExportAndBegins() throws Exception {
        try (var client = client()) {
            client.option(Option.GO, RawClient.go("disk", Info.NAME, Info.DESCRIPTION, Info.BLOCK_SIZE, 99));
            var export = ByteBuffer.wrap(client.answer().data());
            assertThat(export.getShort()).isEqualTo((short) Info.EXPORT);
            assertThat(export.getLong()).isEqualTo(1 << 20);
            assertThat(Short.toUnsignedInt(export.getShort())).isEqualTo(EVERYTHING);
            assertThat(client.answer().text()).endsWith("disk");
            assertThat(client.answer().text()).endsWith("bytes on the heap");
            var blocks = ByteBuffer.wrap(client.answer().data());
            assertThat(blocks.getShort()).isEqualTo((short) Info.BLOCK_SIZE);
            assertThat(blocks.getInt()).isEqualTo(512);
            assertThat(blocks.getInt()).isEqualTo(4096);
            assertThat(blocks.getInt()).isEqualTo(32 << 20);
            assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
            client.request(Nbd.Command.FLUSH, 0, 7, 0, 0);
            assertThat(client.simple()).isEqualTo(new RawClient.Simple(0, 7));
        }
    }

    @Test
    void infoDescribesAndDoesNotBegin() throws Exception {
        try (var client = client()) {
            client.option(Option.INFO, RawClient.go("disk"));
            assertThat(client.answer().type()).isEqualTo(OptionReply.INFO);
            assertThat(client.answer().type()).isEqualTo(OptionReply.INFO);
            assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
            client.option(Option.ABORT, new byte[0]);
            assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
            assertThat(client.isDisconnected()).isTrue();
        }
    }

    @Test
    void aNewConnectionSeesTheNewSize() throws Exception {
        try (var old = RawClient.begun(server.address(), "disk")) {
            disk.resize(1 << 19);
            try (var client = client()) {
                client.option(Option.INFO, RawClient.go("disk"));
                assertThat(ByteBuffer.wrap(client.answer().data()).getLong(2)).isEqualTo(1 << 19);
            }
            old.request(Nbd.Command.READ, 0, 1, (1 << 20) - 512, 512);
            assertThat(old.simple().error()).isZero();
        }
    }

    @Test
    void exportNameBeginsWithAndWithoutZeroes() throws Exception {
        for (boolean zeroes : new boolean[] {true, false}) {
            try (var client = new RawClient(server.address())) {
                client.greeting();
                client.send(ByteBuffer.allocate(4).putInt(zeroes ? 1 : 3));
                client.option(Option.EXPORT_NAME, "disk".getBytes(java.nio.charset.StandardCharsets.UTF_8));
                assertThat(client.number()).isEqualTo(1 << 20);
                assertThat(client.flags()).isEqualTo(EVERYTHING);
                assertThat(client.bytes(zeroes ? 124 : 0)).isEqualTo(new byte[zeroes ? 124 : 0]);
                client.request(Nbd.Command.FLUSH, 0, 8, 0, 0);
                assertThat(client.simple()).isEqualTo(new RawClient.Simple(0, 8));
            }
        }
    }

    @Test
    void anUnknownExportIsAnErrorOrADisconnect() throws Exception {
        try (var client = client()) {
            for (int option : new int[] {Option.INFO, Option.GO}) {
                client.option(option, RawClient.go("other"));
                assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_UNKNOWN);
            }
            client.option(Option.EXPORT_NAME, "other".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(client.isDisconnected()).isTrue();
        }
    }

    @Test
    void theOnlyExportIsTheDefaultOne() throws Exception {
        RawClient.begun(server.address(), "").close();
        server.add("second", new HeapExport(4096));
        try (var client = client()) {
            client.option(Option.GO, RawClient.go(""));
            assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_UNKNOWN);
        }
        server.add("", new HeapExport(8192));
        try (var client = client()) {
            client.option(Option.INFO, RawClient.go(""));
            assertThat(ByteBuffer.wrap(client.answer().data()).getLong(2)).isEqualTo(8192);
        }
    }

    @Test
    void listNamesAllExports() throws Exception {
        server.add("größe", new HeapExport(4096));
        try (var client = client()) {
            client.option(Option.LIST, new byte[0]);
            assertThat(client.answer().text()).isEqualTo("\0\0\0\4disk");
            assertThat(client.answer().text()).isEqualTo("\0\0\0\7größe");
            assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
            client.option(Option.LIST, new byte[1]);
            assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_INVALID);
        }
    }

    @Test
    void whatIsNotKnownIsSaidSo() throws Exception {
        try (var client = client()) {
            for (int option : new int[] {Option.STARTTLS, 4, 11, 0, -1}) {
                client.option(option, new byte[] {1, 2, 3});
                var answer = client.answer();
                assertThat(answer.option()).isEqualTo(option);
                assertThat(answer.type()).isEqualTo(OptionReply.ERR_UNSUP);
            }
            client.begin("disk");
        }
    }

    @Test
    void metaContextsAreListedAndChosen() throws Exception {
        try (var client = client()) {
            client.option(Option.LIST_META_CONTEXT, RawClient.queries("disk"));
            assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_INVALID);
            client.option(Option.STRUCTURED_REPLY, new byte[0]);
            assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
            for (var queries : new String[][] {{}, {"base:"}, {"x:y", "base:allocation"}}) {
                client.option(Option.LIST_META_CONTEXT, RawClient.queries("disk", queries));
                assertThat(client.answer().text()).isEqualTo("\0\0\0\0base:allocation");
                assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
            }
            for (var queries : new String[][] {{}, {"base:"}, {"x:y"}}) {
                client.option(Option.SET_META_CONTEXT, RawClient.queries("disk", queries));
                assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
            }
            client.option(Option.SET_META_CONTEXT, RawClient.queries("other", "base:allocation"));
            assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_UNKNOWN);
            client.begin("disk");
            client.request(Nbd.Command.BLOCK_STATUS, 0, 1, 0, 512);
            assertThat(client.part().type()).isEqualTo(Nbd.Chunk.ERROR);
        }
    }

    @Test
    void aContextIsForItsExportOnly() throws Exception {
        server.add("second", new HeapExport(4096));
        try (var client = client()) {
            client.option(Option.STRUCTURED_REPLY, new byte[0]);
            client.answer();
            client.option(Option.SET_META_CONTEXT, RawClient.queries("second", "base:allocation"));
            client.answer();
            client.answer();
            client.begin("disk");
            client.request(Nbd.Command.BLOCK_STATUS, 0, 1, 0, 512);
            assertThat(client.part().type()).isEqualTo(Nbd.Chunk.ERROR);
        }
    }

    @Test
    void malformedOptionsAreErrorsAndTheHandshakeGoesOn() throws Exception {
        var tooLong = ByteBuffer.allocate(6000).putInt(5000).array();
        var lying = ByteBuffer.allocate(10).putInt(-1).array();
        var notText = ByteBuffer.allocate(8).putInt(2).putShort((short) 0xffff).array();
        try (var client = client()) {
            for (var data : new byte[][] {{}, {0}, tooLong, lying, notText, RawClient.go("disk\0", 1, 2)}) {
                data = data.length > 10 && data != tooLong ? java.util.Arrays.copyOf(data, data.length - 1) : data;
                client.option(Option.GO, data);
                assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_INVALID);
            }
            client.option(Option.LIST_META_CONTEXT, new byte[3]);
            assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_INVALID);
            client.option(Option.INFO, new byte[70_000]);
            assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_TOO_BIG);
            client.begin("disk");
        }
    }

    @Test
    void aClientThatBreaksTheProtocolIsDisconnected() throws Exception {
        try (var client = new RawClient(server.address())) {
            client.greeting();
            client.send(ByteBuffer.allocate(4).putInt(7));
            assertThat(client.isDisconnected()).as("unknown flags").isTrue();
        }
        try (var client = client()) {
            client.send(ByteBuffer.allocate(16).putLong(1).putLong(2));
            assertThat(client.isDisconnected()).as("no magic number").isTrue();
        }
        try (var client = client()) {
            client.send(
                    ByteBuffer.allocate(16).putLong(Nbd.OPTION_MAGIC).putInt(3).putInt(-1));
            assertThat(client.isDisconnected()).as("4 GiB of option").isTrue();
        }
        try (var client = client()) {
            client.send(ByteBuffer.allocate(16)
                    .putLong(Nbd.OPTION_MAGIC)
                    .putInt(Option.EXPORT_NAME)
                    .putInt(4097));
            assertThat(client.isDisconnected()).as("a long name").isTrue();
        }
    }

    @Test
    void aFloodOfOptionsEnds() throws Exception {
        try (var client = client()) {
            for (int i = 0; i < NbdLimits.DEFAULT.options(); i++) {
                client.option(Option.STRUCTURED_REPLY, new byte[0]);
                assertThat(client.answer().type()).isEqualTo(OptionReply.ACK);
            }
            assertThat(client.isDisconnected()).isTrue();
        }
    }

    @Test
    void halfAHandshakeEndsAtTheDeadline() throws Exception {
        long began = System.nanoTime();
        try (var silent = new RawClient(server.address());
                var half = client()) {
            half.send(ByteBuffer.allocate(5).putInt(0x49484156).put((byte) 0x45));
            silent.greeting();
            assertThat(silent.isDisconnected()).isTrue();
            assertThat(half.isDisconnected()).isTrue();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(10));
    }

    @Test
    void blocksThatSurpriseMustBeAskedFor() throws Exception {
        server.add(
                "large", new HeapExport(1 << 20, new NbdTraits(false, true, true, true, true, true, true, 4096, 4096)));
        try (var client = client()) {
            client.option(Option.GO, RawClient.go("large"));
            client.answer();
            client.answer();
            assertThat(client.answer().type()).isEqualTo(OptionReply.ERR_BLOCK_SIZE_REQD);
            client.begin("large");
        }
    }
}
