package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.EventFd;
import io.vduse4j.vduse.abi.VduseAbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a daemon hears that there are requests. */
public abstract class KickConformance extends Cases {
    private static final long MOMENT_MILLIS = 200;

    private LiveDisk disk;
    private EventFd kick;

    /** For subclasses. */
    protected KickConformance() {}

    @BeforeEach
    void makeDisk() throws Exception {
        disk = new LiveDisk(rig);
        kick = rig.keep(EventFd.create());
    }

    private void install(EventFd eventFd) {
        done(disk.node().kickFd(0, eventFd.fd().number()));
    }

    private static void await(EventFd eventFd) throws Exception {
        Rig.await("a kick", () -> eventFd.drain() > 0);
    }

    private void noKick(EventFd eventFd) {
        Rig.pause(MOMENT_MILLIS);
        assertThat(eventFd.drain()).as("kicks").isZero();
    }

    @Test
    @Rule(value = "4.2", item = 13)
    void aRequestIsAKick() throws Exception {
        disk.attach();
        install(kick);
        disk.grow();
        assertThat(kick.drain()).isZero();
        var read = disk.read();
        await(kick);
        disk.finish(read, disk.take(), 0x21);
    }

    @Test
    @Rule("4.2")
    void theEventfdOfAnotherQueueHearsNothing() throws Exception {
        disk.attach();
        install(kick);
        var other = rig.keep(EventFd.create());
        done(disk.node().kickFd(1, other.fd().number()));
        disk.grow();
        var read = disk.read();
        await(kick);
        disk.finish(read, disk.take(), 0x22);
        noKick(other);
    }

    @Test
    @Rule(value = "4.2", item = 13)
    void aKickThatNobodyHeardIsDeliveredOnce() throws Exception {
        disk.attach().grow();
        var read = disk.read();
        var chain = disk.take();
        Rig.pause(MOMENT_MILLIS);
        install(kick);
        assertThat(kick.drain()).isEqualTo(1);
        var next = rig.keep(EventFd.create());
        install(next);
        noKick(next);
        disk.finish(read, chain, 0x23);
    }

    @Test
    @Rule("4.2")
    void aKickIsRememberedWhenTheEventfdWasTakenAway() throws Exception {
        disk.attach();
        install(kick);
        done(disk.node().kickFd(0, VduseAbi.VDUSE_EVENTFD_DEASSIGN));
        disk.grow();
        var read = disk.read();
        var chain = disk.take();
        noKick(kick);
        install(kick);
        assertThat(kick.drain()).isEqualTo(1);
        disk.finish(read, chain, 0x24);
    }

    @Test
    @Rule("4.2")
    void theNewestEventfdHearsTheKick() throws Exception {
        disk.attach();
        install(kick);
        var newest = rig.keep(EventFd.create());
        install(newest);
        disk.grow();
        var read = disk.read();
        await(newest);
        disk.finish(read, disk.take(), 0x25);
        noKick(kick);
    }

    @Test
    @Rule("2.3")
    void theEventfdIsHeldWhenItsNumberIsClosed() throws Exception {
        disk.attach();
        try (var number = kick.fd().duplicate()) {
            done(disk.node().kickFd(0, number.number()));
        }
        disk.grow();
        var read = disk.read();
        await(kick);
        disk.finish(read, disk.take(), 0x26);
    }

    @Test
    @Rule(value = "4.3", item = 13)
    void aResetDropsTheEventfd() throws Exception {
        disk.attach();
        install(kick);
        disk.detach();
        kick.drain();
        disk.attach().grow();
        var read = disk.read();
        var chain = disk.take();
        noKick(kick);
        disk.finish(read, chain, 0x27);
    }

    @Test
    @Rule(value = "4.3", item = 13)
    void aResetForgetsAKick() throws Exception {
        disk.attach().grow();
        var read = disk.read();
        disk.finish(read, disk.take(), 0x28);
        disk.detach();
        disk.attach();
        install(kick);
        noKick(kick);
    }

    @Test
    @Rule(value = "7.1", item = 13)
    void anEventfdFromBeforeDriverOkHearsKicks() throws Exception {
        var attach = rig.attach(disk.name());
        var node = disk.node();
        node.accept(0x00);
        // The reset before this one would have dropped it.
        var acknowledge = node.next(0x01);
        install(kick);
        node.accept(acknowledge);
        node.accept(0x03, 0x0b, 0x0f);
        done(Rig.finish(attach));
        disk.grow();
        var read = disk.read();
        await(kick);
        disk.finish(read, disk.take(), 0x29);
    }

    @Test
    @Rule("3.6")
    void theOldEventfdStaysWhenTheNodeIsClosed() throws Exception {
        disk.attach();
        install(kick);
        disk.reopen();
        disk.grow();
        var read = disk.read();
        await(kick);
        disk.finish(read, disk.take(), 0x2a);
    }
}
