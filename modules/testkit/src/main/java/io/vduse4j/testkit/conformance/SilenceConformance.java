package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.answers;
import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A daemon that says nothing: the device breaks, for good, and hangs nobody. */
public abstract class SilenceConformance extends Cases {
    private static final int BOTH = VduseNode.POLLIN | VduseNode.POLLOUT;
    private static final String TIMEOUT = "msg_timeout";

    /** Seconds, for cases that must answer in time on a processor that is emulated. */
    private static final int LONGER = 2;

    private String name;

    /** For subclasses. */
    protected SilenceConformance() {}

    /** A device that waits a second for a reply. */
    private Node impatient() throws Exception {
        return impatient(1);
    }

    private Node impatient(int seconds) throws Exception {
        name = Rig.name();
        var node = rig.device(DeviceConfig.disk(name, 1)).setUpAll(1, 64);
        rig.host().writeAttribute(name, TIMEOUT, Integer.toString(seconds));
        return node;
    }

    /** Changes the timeout once the sender of the first message is asleep: it looks at it twice before. */
    private void change(String timeout) throws Exception {
        Rig.pause(200);
        rig.host().writeAttribute(name, TIMEOUT, timeout);
    }

    private Node broken() throws Exception {
        var node = impatient();
        done(Rig.finish(rig.attach(name)));
        return node;
    }

    @Test
    @Rule(value = "6.4", item = 6)
    void attachingIsDoneAfterTheTimeout() throws Exception {
        impatient();
        long began = System.nanoTime();
        done(Rig.finish(rig.attach(name)));
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(900));
        assertThat(rig.host().isAttached(name)).isTrue();
    }

    @TestFactory
    @Rule(value = "2.3", item = 6)
    Stream<DynamicTest> everyCallIsNotPermitted() throws Exception {
        var node = broken();
        var known = IntStream.of(
                VduseIoctl.VDUSE_IOTLB_GET_FD,
                VduseIoctl.VDUSE_DEV_GET_FEATURES,
                VduseIoctl.VDUSE_DEV_SET_CONFIG,
                VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ,
                VduseIoctl.VDUSE_VQ_SETUP,
                VduseIoctl.VDUSE_VQ_GET_INFO,
                VduseIoctl.VDUSE_VQ_SETUP_KICKFD,
                VduseIoctl.VDUSE_VQ_INJECT_IRQ,
                VduseIoctl.VDUSE_IOTLB_REG_UMEM,
                VduseIoctl.VDUSE_IOTLB_DEREG_UMEM,
                VduseIoctl.VDUSE_IOTLB_GET_INFO,
                0x81ff);
        return known.mapToObj(request -> dynamicTest("0x" + Integer.toHexString(request), () -> {
            refused(node.raw().ioctl(request, rig.bytes(512)), Errno.EPERM);
            refused(node.raw().ioctl(request, MemorySegment.NULL), Errno.EPERM);
        }));
    }

    @Test
    @Rule(value = "3.5", item = 5)
    void pollTellsAnError() throws Exception {
        var node = broken();
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLERR);
        assertThat(node.raw().poll(0, Rig.PATIENCE.toMillis())).isEqualTo(VduseNode.POLLERR);
    }

    @Test
    @Rule("3.5")
    void theErrorWakesWhoWaits() throws Exception {
        var node = impatient();
        var wait = Rig.aside(() -> node.raw().poll(VduseNode.POLLOUT, Rig.PATIENCE.toMillis()));
        done(Rig.finish(rig.attach(name)));
        answers(Rig.finish(wait), VduseNode.POLLERR);
    }

    @Test
    @Rule(value = "3.1", item = 6)
    void aMessageThatNobodyHasReadIsGone() throws Exception {
        var node = broken();
        refused(node.raw().read(rig.bytes(152)), Errno.EAGAIN);
        refused(node.reply(0, 0), Errno.ENOENT);
    }

    @Test
    @Rule(value = "3.1", item = 6)
    void aReplyThatIsLateIsForNobody() throws Exception {
        var node = impatient();
        var attach = rig.attach(name);
        var first = node.next(0x00);
        done(Rig.finish(attach));
        refused(node.reply(first.id(), 0), Errno.ENOENT);
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLERR);
    }

    @Test
    @Rule(value = "2.4", item = 6)
    void theNextDaemonFindsItBroken() throws Exception {
        broken().close();
        var next = rig.open(name);
        assertThat(next.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLERR);
        refused(next.raw().read(rig.bytes(152)), Errno.EAGAIN);
        refused(next.inject(0), Errno.EPERM);
    }

    @Test
    @Rule(value = "2.4", item = 6)
    void detachingAndAttachingAgainDoNotMendIt() throws Exception {
        var node = broken();
        done(Rig.finish(rig.detach(name)));
        assertThat(rig.host().isAttached(name)).isFalse();
        refused(node.inject(0), Errno.EPERM);
        done(Rig.finish(rig.attach(name)));
        assertThat(rig.host().isAttached(name)).isTrue();
        assertThat(rig.host().consumer(name)).isEmpty();
        refused(node.inject(0), Errno.EPERM);
        refused(node.raw().read(rig.bytes(152)), Errno.EAGAIN);
    }

    @Test
    @Rule("2.4")
    void aBrokenDeviceIsMadeAnewUnderItsName() throws Exception {
        var node = broken();
        done(Rig.finish(rig.detach(name)));
        node.close();
        done(rig.destroySoon(name));
        var anew = rig.device(DeviceConfig.disk(name, 1)).setUpAll(1, 64);
        assertThat(anew.raw().poll(BOTH, 0)).isZero();
        var daemon = Daemon.of(anew);
        done(daemon.during(rig.attach(name)));
        assertThat(daemon.heard().getFirst().id()).isZero();
    }

    @Test
    @Rule("3.1")
    void theClockRunsWithoutADaemonToo() throws Exception {
        impatient().close();
        done(Rig.finish(rig.attach(name)));
        assertThat(rig.open(name).raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLERR);
    }

    @Test
    @Rule("3.1")
    void theClockGoesOnOverAReopen() throws Exception {
        var node = impatient();
        var attach = rig.attach(name);
        node.next(0x00);
        node.close();
        var next = rig.open(name);
        assertThat(next.read().id()).isZero();
        done(Rig.finish(attach));
        assertThat(next.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLERR);
    }

    @Test
    @Rule("3.2")
    void aLongerTimeoutIsForLaterMessages() throws Exception {
        var node = impatient(LONGER);
        var attach = rig.attach(name);
        var first = node.next(0x00);
        change("30");
        node.accept(first);
        var second = node.next(0x01);
        assertThat(node.raw().poll(0, LONGER * 1000 + 500)).isZero();
        node.accept(second);
        done(Daemon.of(node).during(attach));
        assertThat(node.raw().poll(BOTH, 0)).isZero();
    }

    @Test
    @Rule("3.2")
    void aLongerTimeoutDoesNotSaveAMessageThatWasSent() throws Exception {
        var node = impatient();
        var attach = rig.attach(name);
        node.next(0x00);
        change("30");
        done(Rig.finish(attach));
        assertThat(node.raw().poll(BOTH, 0)).isEqualTo(VduseNode.POLLERR);
    }

    @Test
    @Rule("3.2")
    void aTimeoutOfZeroIsNone() throws Exception {
        var node = impatient(LONGER);
        var attach = rig.attach(name);
        var first = node.next(0x00);
        change("0");
        node.accept(first);
        var second = node.next(0x01);
        assertThat(node.raw().poll(0, LONGER * 1000 + 500)).isZero();
        node.accept(second);
        done(Daemon.of(node).during(attach));
    }

    @Test
    @Rule("4.1")
    void aDriverThatIsCutOffInItsProbeLeavesNothingReady() throws Exception {
        var node = impatient(LONGER);
        var attach = rig.attach(name);
        node.accept(0x00, 0x01, 0x03, 0x0b);
        node.next(0x0f);
        done(Rig.finish(attach));
        assertThat(node.raw().poll(0, 0)).isEqualTo(VduseNode.POLLERR);
        done(Rig.finish(rig.detach(name)));
    }
}
