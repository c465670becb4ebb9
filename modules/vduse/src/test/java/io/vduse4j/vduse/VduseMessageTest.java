package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Messages and replies, byte by byte (kernel-behaviour 1.4). */
class VduseMessageTest {
    private final FakeNode node = new FakeNode();
    private final VduseDevice device = new VduseDevice(node, "disk0", 1);

    private VduseMessage reading(Bytes bytes) throws Exception {
        node.answer(buffer -> {
            assertThat(buffer.byteSize()).isEqualTo(152);
            buffer.copyFrom(MemorySegment.ofArray(bytes.array()));
            return 152;
        });
        return device.read().orElseThrow();
    }

    private static Bytes message(int type, int id) {
        return Bytes.zeros(152).u32(0, type).u32(4, id);
    }

    @Test
    void decodesEveryType() throws Exception {
        assertThat(reading(message(0, 0).u32(24, 5))).isEqualTo(new VduseMessage.GetQueueState(0, 5));
        assertThat(reading(message(1, 7).u8(24, 0x8f))).isEqualTo(new VduseMessage.SetStatus(7, 0x8f));
        assertThat(reading(message(1, 8))).isEqualTo(new VduseMessage.SetStatus(8, 0));
        assertThat(reading(message(2, -1).u64(24, 0x1000).u64(32, -1)))
                .isEqualTo(new VduseMessage.UpdateIotlb(-1, 0x1000, -1));
        assertThat(reading(message(2, 1).u64(32, 7).u32(40, 3))).isEqualTo(new VduseMessage.UpdateIotlb(1, 0, 7, 3));
        assertThat(reading(message(3, 9).u32(24, 1).u32(28, 2))).isEqualTo(new VduseMessage.SetGroupAsid(9, 1, 2));
        assertThat(reading(message(4, 9).u32(24, 1).u32(28, 1))).isEqualTo(new VduseMessage.SetQueueReady(9, 1, true));
        assertThat(reading(message(4, 9).u32(24, 1))).isEqualTo(new VduseMessage.SetQueueReady(9, 1, false));
        assertThat(reading(message(5, 9))).isEqualTo(new VduseMessage.Suspend(9));
        assertThat(reading(message(6, 9))).isEqualTo(new VduseMessage.Unknown(9, 6));
        assertThat(reading(message(-1, 9))).isEqualTo(new VduseMessage.Unknown(9, -1));
    }

    @Test
    void noMessageIsEmpty() throws Exception {
        node.answer(-Errno.EAGAIN);
        assertThat(device.read()).isEmpty();
    }

    @Test
    void aReadThatFailsOrIsShortIsAFailure() {
        node.answer(-Errno.EBADF).answer(151).answer(0);
        failure(device::read, Errno.EBADF, "read disk0");
        failure(device::read, Errno.EPROTO, "151 bytes");
        failure(device::read, Errno.EPROTO, "0 bytes");
    }

    @Test
    void repliesAreZeroButForWhatTheySay() throws Exception {
        node.answer(152).answer(152).answer(152);
        assertThat(device.replyOk(0x01020304)).isTrue();
        assertThat(device.replyFailed(-1)).isTrue();
        assertThat(device.replyQueueState(5, 3, VirtqueueState.split(0xfffe), false))
                .isTrue();
        assertThat(node.calls).extracting(FakeNode.Call::kind).containsOnly("write");
        assertThat(node.calls)
                .extracting(FakeNode.Call::bytes)
                .containsExactly(
                        Bytes.zeros(152).u32(0, 0x01020304).array(),
                        Bytes.zeros(152).u32(0, -1).u32(4, 1).array(),
                        Bytes.zeros(152).u32(0, 5).u32(24, 3).u16(28, 0xfffe).array());
    }

    @Test
    void aReplyThatNobodyWaitsForIsNoFailure() throws Exception {
        node.answer(-Errno.ENOENT).answer(-Errno.ENOENT).answer(-Errno.ENOENT);
        assertThat(device.replyOk(1)).isFalse();
        assertThat(device.replyFailed(1)).isFalse();
        assertThat(device.replyQueueState(1, 0, VirtqueueState.split(0), false)).isFalse();
    }

    @Test
    void aReplyThatIsRefusedIsAFailure() {
        node.answer(-Errno.EINVAL).answer(8);
        failure(() -> device.replyOk(1), Errno.EINVAL, "write disk0");
        failure(() -> device.replyOk(1), Errno.EPROTO, "8 bytes");
    }

    private static void failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, int errno, String part) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(errno))
                .hasMessageContaining(part);
    }
}
