package io.vduse4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NetlinkTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int FAMILY = 33;

    @Test
    void theKernelKnowsItsFamilies() throws Exception {
        try (var netlink = GenericNetlink.open()) {
            assertThat(netlink.family("nlctrl", TIMEOUT)).isEqualTo(NetlinkLayout.GENL_ID_CTRL);
            assertThatThrownBy(() -> netlink.family("no-such-family", TIMEOUT))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContainingAll("netlink family no-such-family", "ENOENT");
            var dump = netlink.request(
                    NetlinkLayout.GENL_ID_CTRL, NetlinkLayout.CTRL_CMD_GETFAMILY, 1, true, new byte[0], TIMEOUT);
            assertThat(dump.errno()).isZero();
            assertThat(dump.messages()).anySatisfy(message -> {
                assertThat(message.command()).isEqualTo(1);
                assertThat(message.attributes().string(NetlinkLayout.CTRL_ATTR_FAMILY_NAME))
                        .contains("nlctrl");
            });
        }
    }

    @Test
    void theKernelSaysWhatIsWrong() throws Exception {
        try (var netlink = GenericNetlink.open()) {
            // A number where the policy of the family wants a string that ends in zero, of 15 bytes at most.
            var wrong = NetlinkAttributes.builder()
                    .string(NetlinkLayout.CTRL_ATTR_FAMILY_NAME, "x".repeat(40))
                    .build();
            var reply = netlink.request(
                    NetlinkLayout.GENL_ID_CTRL, NetlinkLayout.CTRL_CMD_GETFAMILY, 1, false, wrong, TIMEOUT);
            assertThat(reply.errno()).isIn(Errno.EINVAL, Errno.ERANGE);
            assertThat(reply.extAck()).isNotEmpty();
            assertThatThrownBy(() -> reply.orThrow("netlink family", "xx")).hasMessageContaining(reply.extAck());
            var unknown = netlink.request(NetlinkLayout.GENL_ID_CTRL, 255, 1, false, new byte[0], TIMEOUT);
            assertThat(unknown.errno()).isEqualTo(Errno.EOPNOTSUPP);
            assertThat(netlink.family("nlctrl", TIMEOUT))
                    .as("the socket lives on")
                    .isEqualTo(16);
        }
    }

    @Test
    void noReplyIsATimeout() throws Exception {
        try (var netlink = GenericNetlink.open()) {
            // NLMSG_NOOP as the family: the kernel takes it and has nothing to say but the acknowledgement.
            var attributes = new byte[0];
            assertThatThrownBy(() -> netlink.request(1, 0, 0, true, attributes, Duration.ofMillis(30)))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            problem -> assertThat(problem.errno()).isEqualTo(Errno.ETIMEDOUT));
        }
    }

    @Test
    void attributesAreReadAsWritten() {
        var bytes = NetlinkAttributes.builder()
                .string(1, "vduse")
                .u8(2, 255)
                .u16(3, 65_535)
                .u32(4, -2)
                .u64(5, 1L << 63)
                .bytes(6, new byte[300])
                .nested(7, NetlinkAttributes.builder().string(1, "in").u8(9, 9))
                .u32(4, 77)
                .build();
        assertThat(bytes.length % 4).isZero();
        var attributes = NetlinkAttributes.parse(bytes);
        assertThat(attributes.types()).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6, 7);
        assertThat(attributes.string(1)).contains("vduse");
        assertThat(attributes.u8(2)).hasValue(255);
        assertThat(attributes.u16(3)).hasValue(65_535);
        assertThat(attributes.u32(4)).as("the last counts").hasValue(77);
        assertThat(attributes.u64(5)).hasValue(Long.MIN_VALUE);
        assertThat(attributes.bytes(6).orElseThrow()).hasSize(300);
        assertThat(attributes.nested(7).orElseThrow().u8(9)).hasValue(9);
        assertThat(attributes.u32(8)).isEmpty();
        assertThat(attributes.string(8)).isEmpty();
        assertThatThrownBy(() -> attributes.u64(3)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> NetlinkAttributes.builder().bytes(1, new byte[65_533]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> NetlinkAttributes.builder().string(1, "a\0b"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void wrongLengthsAreRefused() {
        for (byte[] bytes : new byte[][] {
            {0},
            {8, 0, 1},
            {3, 0, 1, 0},
            {0, 0, 1, 0},
            {9, 0, 1, 0, 1, 2, 3, 4},
            {(byte) 0xff, (byte) 0xff, 1, 0},
            {5, 0, 1, 0, 1, 0, 0, 0, 1}
        }) {
            assertThatThrownBy(() -> NetlinkAttributes.parse(bytes))
                    .as("%s", (Object) bytes)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(NetlinkAttributes.parse(new byte[] {5, 0, 1, 0, 7}).u8(1))
                .as("the last needs no padding")
                .hasValue(7);
    }

    private static ByteBuffer message(int type, int flags, int sequence, int port, byte[] payload) {
        return ByteBuffer.allocate(NetlinkLayout.align(16 + payload.length))
                .order(ByteOrder.nativeOrder())
                .putInt(16 + payload.length)
                .putShort((short) type)
                .putShort((short) flags)
                .putInt(sequence)
                .putInt(port)
                .put(payload)
                .rewind();
    }

    private static NetlinkReplyReader reader(boolean dump) {
        return new NetlinkReplyReader(FAMILY, 7, 99, dump);
    }

    private static byte[] errorPayload(int error, byte... more) {
        return ByteBuffer.allocate(20 + more.length)
                .order(ByteOrder.nativeOrder())
                .putInt(error)
                .putInt(16)
                .position(20)
                .put(more)
                .array();
    }

    @Test
    void repliesToOthersArePassedOver() {
        var reader = reader(false);
        assertThat(reader.accept(message(NetlinkLayout.NLMSG_ERROR, 0, 6, 99, errorPayload(-1))))
                .isFalse();
        assertThat(reader.accept(message(NetlinkLayout.NLMSG_ERROR, 0, 7, 98, errorPayload(-1))))
                .isFalse();
        assertThat(reader.accept(message(FAMILY, 0, 6, 99, new byte[4]))).isFalse();
        assertThat(reader.accept(message(FAMILY, 0, 7, 99, new byte[] {5, 1, 0, 0})))
                .isFalse();
        assertThat(reader.accept(message(NetlinkLayout.NLMSG_ERROR, 0x100, 7, 99, errorPayload(0))))
                .isTrue();
        assertThat(reader.reply().errno()).isZero();
        assertThat(reader.reply().messages())
                .singleElement()
                .satisfies(m -> assertThat(m.command()).isEqualTo(5));
    }

    @Test
    void theErrorOfADumpsEndIsHonoured() {
        var reader = reader(true);
        var payload = ByteBuffer.allocate(4)
                .order(ByteOrder.nativeOrder())
                .putInt(-Errno.EBUSY)
                .array();
        assertThat(reader.accept(message(NetlinkLayout.NLMSG_DONE, 2, 7, 99, payload)))
                .isTrue();
        assertThat(reader.reply().errno()).isEqualTo(Errno.EBUSY);
        var interrupted = reader(true);
        assertThat(interrupted.accept(message(NetlinkLayout.NLMSG_DONE, 0x10, 7, 99, new byte[4])))
                .isTrue();
        assertThat(interrupted.isInterrupted()).isTrue();
    }

    @Test
    void theTextIsFoundBehindARepeatedRequest() {
        var text = NetlinkAttributes.builder().string(1, "no").build();
        int capped = NetlinkLayout.NLM_F_CAPPED | NetlinkLayout.NLM_F_ACK_TLVS;
        var reader = reader(false);
        reader.accept(message(NetlinkLayout.NLMSG_ERROR, capped, 7, 99, errorPayload(-Errno.EPERM, text)));
        assertThat(reader.reply().extAck()).isEqualTo("no");
        var whole = ByteBuffer.allocate(28 + text.length)
                .order(ByteOrder.nativeOrder())
                .putInt(-Errno.EPERM)
                .putInt(24)
                .position(28)
                .put(text)
                .array();
        var second = reader(false);
        second.accept(message(NetlinkLayout.NLMSG_ERROR, NetlinkLayout.NLM_F_ACK_TLVS, 7, 99, whole));
        assertThat(second.reply()).isEqualTo(new NetlinkReply(Errno.EPERM, "no", java.util.List.of()));
    }

    /** Whatever bytes come, the reader ends with a reply, wants more, or refuses; nothing else. */
    @Test
    void noiseIsRefusedOrPassedOver() {
        int refused = 0;
        int complete = 0;
        for (int seed = 0; seed < 50_000; seed++) {
            var random = new Random(seed);
            var payload = new byte[random.nextInt(64)];
            random.nextBytes(payload);
            int[] types = {NetlinkLayout.NLMSG_ERROR, NetlinkLayout.NLMSG_DONE, FAMILY, random.nextInt(64)};
            var datagram = message(types[random.nextInt(4)], random.nextInt(0x400), 7, 99, payload);
            if (random.nextInt(4) == 0) {
                datagram.putInt(0, random.nextInt());
            }
            if (random.nextBoolean() && payload.length >= 4) {
                datagram.putInt(16, -random.nextInt(4096));
            }
            try {
                var reader = reader(random.nextBoolean());
                if (reader.accept(datagram)) {
                    complete++;
                    assertThat(reader.reply().errno()).as("seed %s", seed).isBetween(0, 4095);
                }
            } catch (IllegalArgumentException expected) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1000);
        assertThat(complete).isGreaterThan(1000);
    }
}
