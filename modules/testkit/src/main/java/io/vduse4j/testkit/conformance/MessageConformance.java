package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.answers;
import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.host.VduseNode;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** read, write, poll and close while a driver waits for a reply: the first message of an attach. */
public abstract class MessageConformance extends Cases {
    private static final int BOTH = VduseNode.POLLIN | VduseNode.POLLOUT;
    private static final int ALL = 152;

    private String name;
    private Node node;
    private CompletableFuture<Integer> attach;

    /** For subclasses. */
    protected MessageConformance() {}

    @BeforeEach
    void beginToAttach() throws Exception {
        name = Rig.name();
        node = rig.device(DeviceConfig.disk(name, 1)).setUpAll(1, 64);
        attach = rig.attach(name);
        answers(node.raw().poll(VduseNode.POLLIN, Rig.PATIENCE.toMillis()), VduseNode.POLLIN);
    }

    /** Answers all that comes until the device is attached. */
    private void finish() throws Exception {
        done(Daemon.of(node).during(attach));
    }

    @Test
    @Rule(value = "1.4", item = 9)
    void theFirstMessageByteForByte() throws Exception {
        var expected = new byte[DevRequestLayout.SIZE];
        expected[DevRequestLayout.TYPE] = VduseAbi.VDUSE_SET_STATUS;
        var first = node.read();
        assertThat(first.bytes()).isEqualTo(expected);
        node.accept(first);
        expected[DevRequestLayout.REQUEST_ID] = 1;
        expected[DevRequestLayout.STATUS] = 1;
        var second = node.next();
        assertThat(second.bytes()).isEqualTo(expected);
        node.accept(second);
        finish();
    }

    @Test
    @Rule(value = "3.1", item = 2)
    void numbersGoOnFromZeroOverReopenAndDetach() throws Exception {
        var heard = new ArrayList<Request>();
        heard.add(node.read());
        node.accept(heard.getFirst());
        node.close();
        node = rig.open(name);
        for (int life = 0; life < 2; life++) {
            var daemon = Daemon.of(node);
            done(daemon.during(life == 0 ? attach : rig.attach(name)));
            done(daemon.during(rig.detach(name)));
            heard.addAll(daemon.heard());
        }
        assertThat(heard)
                .extracting(Request::id)
                .containsExactlyElementsOf(IntStream.range(0, 14).boxed().toList());
    }

    @Test
    @Rule(value = "3.3", item = 3)
    void aShortReadTakesNothing() {
        refused(node.raw().read(rig.bytes(151)), Errno.EINVAL);
        assertThat(node.read().id()).isZero();
    }

    @Test
    @Rule("3.3")
    void aLongReadTakesOneMessage() throws Exception {
        var room = rig.bytes(3 * ALL);
        room.fill((byte) 0x77);
        answers(node.raw().read(room), ALL);
        assertThat(room.get(JAVA_INT, DevRequestLayout.REQUEST_ID)).isZero();
        assertThat(room.get(JAVA_INT, ALL)).isEqualTo(0x77777777);
        node.accept(Request.from(room));
        finish();
    }

    @Test
    @Rule("3.3")
    void aReadWithoutMemoryTakesNothing() throws Exception {
        refused(node.raw().read(rig.vanished(ALL)), Errno.EFAULT);
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLIN);
        assertThat(node.read().id()).isZero();
    }

    @Test
    @Rule("3.3")
    void aMessageIsReadOnce() {
        node.read();
        refused(node.raw().read(rig.bytes(ALL)), Errno.EAGAIN);
    }

    @Test
    @Rule(value = "3.4", item = 4)
    void aReplyBeforeItsMessageIsReadIsForNobody() throws Exception {
        refused(node.reply(0, 0), Errno.ENOENT);
        node.accept(node.read());
        finish();
    }

    @Test
    @Rule(value = "3.4", item = 4)
    void aSecondReplyIsForNobody() throws Exception {
        var first = node.read();
        node.accept(first);
        refused(node.reply(first.id(), 0), Errno.ENOENT);
        finish();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, -1})
    @Rule(value = "3.4", item = 4)
    void aReplyToAnotherNumberIsForNobody(int id) throws Exception {
        var first = node.read();
        refused(node.reply(id, 0), Errno.ENOENT);
        node.accept(first);
        finish();
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 12, 16, 20})
    @Rule(value = "3.4", item = 4)
    void aDirtyReplyIsRefusedAndACleanOneTaken(int offset) throws Exception {
        var response = node.response(node.read().id(), 0);
        response.set(JAVA_INT, offset, 1);
        refused(node.raw().write(response), Errno.EINVAL);
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLOUT);
        response.set(JAVA_INT, offset, 0);
        answers(node.raw().write(response), ALL);
        finish();
    }

    @Test
    @Rule(value = "3.4", item = 4)
    void aShortReplyIsNone() throws Exception {
        var response = node.response(node.read().id(), 0);
        refused(node.raw().write(response.asSlice(0, ALL - 1)), Errno.EINVAL);
        answers(node.raw().write(response), ALL);
        finish();
    }

    @Test
    @Rule("3.4")
    void ofALongReplyTheBeginningIsTaken() throws Exception {
        var response = rig.bytes(2 * ALL);
        response.set(JAVA_INT, DevResponseLayout.REQUEST_ID, node.read().id());
        response.asSlice(ALL).fill((byte) -1);
        answers(node.raw().write(response), ALL);
        finish();
    }

    @Test
    @Rule("1.3")
    void theRestOfAReplyMayBeAnything() throws Exception {
        var response = node.response(node.read().id(), 0);
        response.asSlice(DevResponseLayout.VQ_INDEX).fill((byte) -1);
        answers(node.raw().write(response), ALL);
        assertThat(node.next().text()).isEqualTo("status 0x01");
    }

    @Test
    @Rule(value = "3.5", item = 5)
    void aReplyIsOwedFromReadToWrite() throws Exception {
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLIN);
        assertThat(node.raw().poll(VduseNode.POLLOUT, 0)).isZero();
        var first = node.read();
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLOUT);
        assertThat(node.raw().poll(VduseNode.POLLIN, 0)).isZero();
        node.accept(first);
        assertThat(node.raw().poll(VduseNode.POLLOUT, 0)).isZero();
        assertThat(node.raw().poll(BOTH, Rig.PATIENCE.toMillis())).isEqualTo(VduseNode.POLLIN);
        finish();
        assertThat(node.raw().poll(BOTH, 0)).isZero();
    }

    @Test
    @Rule(value = "3.6", item = 7)
    void whatWasNotReadIsThereForTheNextDaemon() throws Exception {
        node.close();
        node = rig.open(name);
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLIN);
        assertThat(node.read().id()).isZero();
    }

    @Test
    @Rule(value = "3.6", item = 7)
    void whatWasNotAnsweredIsReadAgainByTheNextDaemon() throws Exception {
        var first = node.read();
        node.close();
        node = rig.open(name);
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLIN);
        refused(node.reply(first.id(), 0), Errno.ENOENT);
        assertThat(node.read()).isEqualTo(first);
        node.accept(first);
        refused(node.reply(first.id(), 0), Errno.ENOENT);
        finish();
    }

    @Test
    @Rule(value = "3.6", item = 7)
    void whatWasAnsweredIsNotReadAgain() throws Exception {
        node.accept(node.read());
        var second = node.next(0x01);
        node.accept(second);
        var third = node.next(0x03);
        node.close();
        node = rig.open(name);
        assertThat(node.next()).isEqualTo(third);
        node.accept(third);
        finish();
    }

    @Test
    @Rule("2.3")
    void callsWorkWhileAReplyIsOwed() {
        node.read();
        done(node.setUp(0, 128));
        assertThat(node.features()).isZero();
        assertThat(node.info(0)).isEqualTo(VqInfo.NONE);
        refused(node.inject(0), Errno.EINVAL);
        assertThat(node.isMapped(0, -1)).isFalse();
    }
}
