package io.vduse4j.vduse.host.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkMessage;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.vduse.host.VdpaConsumer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The bytes that docs/kernel-protocol.md promises to clients in other languages, written out by hand. */
@Timeout(60)
class WireFormatTest {
    private static final HexFormat HEX = HexFormat.of();

    @TempDir
    private Path folder;

    private RemoteRig rig;
    private UnixSocket socket;

    @BeforeEach
    void open() throws IOException {
        rig = new RemoteRig(folder);
        socket = UnixSocket.connect(rig.path, RemoteRig.PATIENCE);
        answered("28000000 0000 0000 00000000 00000000 5644554b 01000000 01000000 08000000 7363726970746564");
        asked("14000000 0100 0000 01000000 00000000 01000000");
        answered("10000000 0100 0000 01000000 01000000");
        asked("19000000 0200 0000 02000000 00000000 05000000 6469736b30");
        answered("10000000 0200 0000 02000000 01000000");
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        rig.awaitNothingLeft();
        rig.close();
    }

    private void asked(String hex) throws IOException {
        socket.send(ByteBuffer.wrap(HEX.parseHex(hex.replace(" ", ""))), List.of(), RemoteRig.PATIENCE);
    }

    private void answered(String hex) throws IOException {
        var wanted = HEX.parseHex(hex.replace(" ", ""));
        var bytes = ByteBuffer.allocate(wanted.length);
        while (bytes.hasRemaining()
                && !socket.receive(bytes, 0, RemoteRig.PATIENCE).isEnd()) {
            // The rest follows.
        }
        assertThat(HEX.formatHex(bytes.array())).isEqualTo(HEX.formatHex(wanted));
    }

    @Test
    void callsOfANode() throws IOException {
        // VDUSE_DEV_GET_FEATURES: read u64.
        asked("1c000000 0400 0000 03000000 01000000 11810880 0000000000000000");
        answered("18000000 0400 0000 03000000 00000000 0300000001000000");
        // READ: -EAGAIN, then a message.
        asked("14000000 0500 0000 04000000 01000000 98000000");
        answered("10000000 0500 0000 04000000 f5ffffff");
        rig.served.device("disk0").send(7);
        // POLL for POLLIN and POLLOUT, for ever.
        asked("1c000000 0700 0000 05000000 01000000 05000000 ffffffffffffffff");
        answered("10000000 0700 0000 05000000 01000000");
        asked("14000000 0500 0000 06000000 01000000 98000000");
        answered("12000000 0500 0000 06000000 02000000 0755");
        asked("11000000 0600 0000 07000000 01000000 07");
        answered("10000000 0600 0000 07000000 01000000");
        asked("10000000 0300 0000 08000000 01000000");
        answered("10000000 0300 0000 08000000 00000000");
        asked("10000000 0300 0000 09000000 01000000");
        answered("10000000 0300 0000 09000000 f7ffffff");
    }

    @Test
    void aCancelledPoll() throws IOException {
        asked("1c000000 0700 0000 05000000 01000000 01000000 ffffffffffffffff");
        asked("14000000 0800 0000 00000000 00000000 05000000");
        answered("10000000 0700 0000 05000000 00000000");
    }

    @Test
    void callsOfTheHost() throws IOException {
        asked("1e000000 0a00 0000 03000000 00000000 01000000 61 01000000 62 00000000");
        answered("10000000 0a00 0000 03000000 00000000");
        rig.served.attributes.put("a/b", "xy");
        asked("1a000000 0900 0000 04000000 00000000 01000000 61 01000000 62");
        answered("16000000 0900 0000 04000000 00000000 02000000 7879");
        asked("1a000000 0c00 0000 05000000 00000000 01000000 61 01000000 62");
        answered("10000000 0c00 0000 05000000 00000000");
        asked("15000000 0d00 0000 06000000 00000000 01000000 61");
        answered("10000000 0d00 0000 06000000 00000000");
        rig.served.consumers.put("a", new VdpaConsumer("/d", OptionalLong.of(512)));
        asked("15000000 0e00 0000 07000000 00000000 01000000 61");
        answered("1e000000 0e00 0000 07000000 01000000 02000000 2f64 0002000000000000");
    }

    @Test
    void aNetlinkAnswer() throws IOException {
        var attributes = NetlinkAttributes.builder().u8(9, 0xab).build();
        rig.served.reply =
                new NetlinkReply(22, "no", List.of(new NetlinkMessage(3, NetlinkAttributes.parse(attributes))));
        asked("20000000 0b00 0000 03000000 00000000 02000000 01000000 e803000000000000");
        answered("2e000000 0b00 0000 03000000 00000000 16000000 02000000 6e6f 01000000 03000000 08000000"
                + "0500 0900 ab000000");
        assertThat(rig.served.log).containsExactly("vdpa 2 true PT1S");
    }

    /** The call, the object, and nothing more. */
    @Test
    void aFailure() throws IOException {
        asked("1a000000 0900 0000 04000000 00000000 01000000 61 01000000 7a");
        answered("23000000 0900 0000 04000000 feffffff 04000000 6f70656e 03000000 612f7a 00000000");
    }
}
