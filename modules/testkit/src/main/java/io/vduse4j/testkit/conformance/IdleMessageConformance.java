package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.answers;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.host.VduseNode;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** read, write and poll of a device of which nobody wants anything. */
public abstract class IdleMessageConformance extends Cases {
    private static final int BOTH = VduseNode.POLLIN | VduseNode.POLLOUT;

    private Node node;

    /** For subclasses. */
    protected IdleMessageConformance() {}

    @BeforeEach
    void makeDevice() throws Exception {
        node = rig.device(DeviceConfig.disk(Rig.name(), 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 151})
    @Rule(value = "3.3", item = 3)
    void aShortReadIsInvalidBeforeItIsEmpty(int bytes) {
        refused(node.raw().read(rig.bytes(152).asSlice(0, bytes)), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {152, 153, 4096})
    @Rule(value = "3.3", item = 3)
    void thereIsNothingToRead(int bytes) {
        refused(node.raw().read(rig.bytes(bytes)), Errno.EAGAIN);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 151})
    @Rule(value = "3.4", item = 4)
    void aShortReplyIsInvalid(int bytes) {
        refused(node.raw().write(rig.bytes(152).asSlice(0, bytes)), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, -1})
    @Rule(value = "3.4", item = 4)
    void nobodyWaitsForAReply(int id) {
        answers(node.reply(id, 0), -Errno.ENOENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 12, 16, 20})
    @Rule(value = "3.4", item = 4)
    void reservedFieldsComeBeforeTheNumber(int offset) {
        var response = node.response(0, 0);
        response.set(JAVA_INT, offset, 1);
        refused(node.raw().write(response), Errno.EINVAL);
    }

    @Test
    @Rule("3.4")
    void aReplyThatCannotBeReadIsAShortOne() throws Exception {
        refused(node.raw().write(rig.vanished(DevResponseLayout.SIZE)), Errno.EINVAL);
    }

    @Test
    @Rule(value = "3.5", item = 5)
    void nothingCanBeReadAndNothingIsOwed() {
        assertThat(node.raw().poll(BOTH, 0)).isZero();
        assertThat(node.raw().poll(0, 0)).isZero();
    }

    @Test
    @Rule("3.5")
    void aWaitEndsInTime() {
        long began = System.nanoTime();
        assertThat(node.raw().poll(BOTH, 100)).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(99));
    }

    @Test
    @Rule("3.5")
    void aWaitCanBeEnded() throws Exception {
        node.raw().wake();
        assertThat(node.raw().poll(BOTH, Rig.PATIENCE.toMillis())).isZero();
        var wait = Rig.aside(() -> node.raw().poll(BOTH, -1));
        node.raw().wake();
        assertThat(Rig.finish(wait)).isZero();
    }

    @Test
    @Rule("3.5")
    void aWaitEndsWhenTheNodeIsClosed() throws Exception {
        var wait = Rig.aside(() -> node.raw().poll(BOTH, -1));
        Rig.pause(50);
        node.close();
        answers(Rig.finish(wait), -Errno.EBADF);
    }
}
