package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Memfd;
import io.vduse4j.testkit.VhostLayout;
import io.vduse4j.vduse.abi.DevResponseLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** vhost-vdpa: what a client says of queues, and kicks and interrupts by eventfds. */
public abstract class VhostQueueConformance extends VhostCases {
    /** For subclasses. */
    protected VhostQueueConformance() {}

    @ParameterizedTest
    @ValueSource(
            ints = {
                VhostLayout.SET_VRING_NUM,
                VhostLayout.SET_VRING_BASE,
                VhostLayout.GET_VRING_BASE,
                VhostLayout.SET_VRING_ADDR,
                VhostLayout.SET_VRING_KICK,
                VhostLayout.SET_VRING_CALL,
                VhostLayout.SET_VRING_ERR,
                VhostLayout.VDPA_SET_VRING_ENABLE,
                VhostLayout.VDPA_GET_VRING_GROUP,
                VhostLayout.VDPA_SET_GROUP_ASID
            })
    @Rule(value = "8.2", item = 16)
    void queuesThatAreNotThere(int request) throws Exception {
        for (int index : new int[] {QUEUES, 0xffff, -1}) {
            var argument = rig.bytes(64);
            argument.set(JAVA_INT, 0, index);
            refused(vhost.call(request, argument), Errno.ENOBUFS);
        }
        assertThat(heard()).isEmpty();
    }

    @Test
    @Rule("8.2")
    void queuesAreTheOwners() throws Exception {
        vhost.close();
        vhost = openAgain(daemon);
        refused(vhost.set(VhostLayout.SET_VRING_NUM, 0, 64), Errno.EPERM);
        refused(vhost.set(VhostLayout.SET_VRING_NUM, QUEUES, 64), Errno.EPERM);
        refused(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1), Errno.EPERM);
        done(vhost.call(VhostLayout.SET_OWNER));
        done(vhost.set(VhostLayout.SET_VRING_NUM, 0, 64));
    }

    @Test
    @Rule("8.2")
    void unknownCallsAreNoTypewriter() throws Exception {
        refused(vhost.set(0x4008_af6f, 0, 0), Errno.ENOTTY);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64, 128})
    @Rule("8.2")
    void sizesThatAQueueCanHave(int size) throws Exception {
        done(vhost.set(VhostLayout.SET_VRING_NUM, 1, size));
        assertThat(node.info(1).num()).isEqualTo(size);
        assertThat(node.info(0).num()).isZero();
    }

    @Test
    @Rule("8.2")
    void aQueueCanHaveTheSizeOfTheLargest() throws Exception {
        done(vhost.set(VhostLayout.SET_VRING_NUM, 0, 128));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 96, 256, 32768, 0xffff, 0x10000, 0x20000, -1})
    @Rule("8.2")
    void sizesThatAQueueCannotHave(int size) throws Exception {
        refused(vhost.set(VhostLayout.SET_VRING_NUM, 0, size), Errno.EINVAL);
        assertThat(node.info(0).num()).isZero();
    }

    @Test
    @Rule("8.2")
    void aQueueAsTheDaemonSeesIt() throws Exception {
        done(vhost.set(VhostLayout.SET_VRING_NUM, 0, 64));
        done(vhost.set(VhostLayout.SET_VRING_BASE, 0, 0xfff0));
        done(vhost.setAddresses(0, 0x1_0000_0010L, 0x1_0000_1002L, 0x1_0000_2004L));
        assertThat(node.info(0))
                .isEqualTo(new VqInfo(64, 0x1_0000_0010L, 0x1_0000_1002L, 0x1_0000_2004L, 0xfff0, false));
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1));
        assertThat(node.info(0).ready()).isTrue();
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 0));
        assertThat(node.info(0).ready()).isFalse();
        assertThat(heard()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"16, 1, 4", "16, 2, 2", "16, 2, 6"})
    @Rule("8.2")
    void ringsThatAreNotAligned(long desc, long avail, long used) throws Exception {
        refused(vhost.setAddresses(0, desc, avail, used), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x10000, -1})
    @Rule("8.2")
    void indicesOfMoreThan16Bits(int base) throws Exception {
        refused(vhost.set(VhostLayout.SET_VRING_BASE, 0, base), Errno.EINVAL);
    }

    @Test
    @Rule("8.2")
    void aRunningQueueStaysWhereItIs() throws Exception {
        vhost.start(0x0f);
        refused(vhost.setAddresses(0, 16, 2, 4), Errno.EINVAL);
        refused(vhost.set(VhostLayout.SET_VRING_BASE, 0, 1), Errno.EINVAL);
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1));
        done(vhost.setStatus(0));
        done(vhost.setAddresses(0, 16, 2, 4));
        done(vhost.set(VhostLayout.SET_VRING_BASE, 0, 1));
    }

    @Test
    @Rule("1.4")
    void theDaemonIsAskedWhereAQueueIs() throws Exception {
        var state = vhost.pair(1, 0);
        var call = Rig.aside(() -> vhost.node().ioctl(VhostLayout.GET_VRING_BASE, state));
        var question = node.next();
        assertThat(question.text()).isEqualTo("state 1");
        var response = node.response(question.id(), 0);
        response.set(JAVA_INT, DevResponseLayout.VQ_INDEX, 77);
        response.set(JAVA_SHORT, DevResponseLayout.SPLIT_AVAIL_INDEX, (short) 0xfffe);
        Answers.answers(node.raw().write(response), 152);
        done(Rig.finish(call).intValue());
        assertThat(state.get(JAVA_INT, 0)).isEqualTo(1);
        assertThat(state.get(JAVA_INT, 4)).isEqualTo(0xfffe);
    }

    @Test
    @Rule("8.2")
    void aDaemonThatDoesNotSayWhereAQueueIs() throws Exception {
        refusing(_ -> true);
        refused(vhost.set(VhostLayout.GET_VRING_BASE, 0, 0), Errno.EIO);
    }

    @Test
    @Rule("8.2")
    void thereIsOneGroup() throws Exception {
        assumeTrue(rig.target().apiVersion() == 0, "a device of version 0 tells its groups on a later kernel");
        refused(vhost.set(VhostLayout.VDPA_GET_VRING_GROUP, 1, 7), Errno.EOPNOTSUPP);
        refused(vhost.set(VhostLayout.VDPA_SET_GROUP_ASID, 0, 1), Errno.EINVAL);
        refused(vhost.set(VhostLayout.VDPA_SET_GROUP_ASID, 0, 0), Errno.EOPNOTSUPP);
        refused(vhost.set(VhostLayout.VDPA_SET_GROUP_ASID, 1, 0), Errno.EINVAL);
    }

    @Test
    @Rule(value = "2.3", item = 10)
    void anInterruptIsASignalOfTheEventfdEvenBeforeDriverOk() throws Exception {
        var call = rig.keep(EventFd.create());
        done(vhost.set(VhostLayout.SET_VRING_CALL, 0, call.fd().number()));
        refused(node.inject(0), Errno.EINVAL);
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1));
        done(node.inject(0));
        assertThat(call.drain()).isEqualTo(1);
        done(node.inject(0));
        done(node.inject(0));
        assertThat(call.drain()).isEqualTo(2);
        refused(node.inject(1), Errno.EINVAL);
    }

    @Test
    @Rule(value = "2.3", item = 10)
    void anEventfdThatWasTakenAwayIsNotSignalled() throws Exception {
        var call = rig.keep(EventFd.create());
        done(vhost.set(VhostLayout.SET_VRING_CALL, 0, call.fd().number()));
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1));
        done(vhost.set(VhostLayout.SET_VRING_CALL, 0, -1));
        refused(node.inject(0), Errno.EINVAL);
        vhost.start(0x0f);
        done(node.inject(0));
        assertThat(call.drain()).isZero();
    }

    @Test
    @Rule("4.3")
    void aResetTakesQueuesAndEventfdsAway() throws Exception {
        var call = rig.keep(EventFd.create());
        done(vhost.set(VhostLayout.SET_VRING_NUM, 0, 64));
        done(vhost.setAddresses(0, 16, 2, 4));
        done(vhost.set(VhostLayout.SET_VRING_CALL, 0, call.fd().number()));
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1));
        vhost.start(0x0f);
        done(vhost.setStatus(0));
        assertThat(node.info(0)).isEqualTo(VqInfo.NONE);
        refused(node.inject(0), Errno.EINVAL);
        assertThat(call.drain()).isZero();
    }

    @Test
    @Rule("8.2")
    void whatIsNoEventfd() throws Exception {
        try (var file = Memfd.create("conformance", 4096)) {
            for (int request : new int[] {VhostLayout.SET_VRING_KICK, VhostLayout.SET_VRING_CALL}) {
                refused(vhost.set(request, 0, 0x7fff_fff0), Errno.EBADF);
            }
            refused(vhost.set(VhostLayout.SET_VRING_CALL, 0, file.number()), Errno.EINVAL);
        }
    }

    @Test
    @Rule("4.2")
    void aSignalOfTheClientIsAKick() throws Exception {
        var theirs = rig.keep(EventFd.create());
        var ours = rig.keep(EventFd.create());
        done(node.kickFd(0, ours.fd().number()));
        done(vhost.set(VhostLayout.SET_VRING_KICK, 0, theirs.fd().number()));
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1));
        vhost.start(0x0f);
        done(theirs.signal());
        Rig.await("a kick", () -> ours.drain() > 0);
        done(theirs.signal());
        Rig.await("another kick", () -> ours.drain() > 0);
    }

    @Test
    @Rule(value = "4.2", item = 13)
    void aSignalWithoutADaemonIsRememberedOnce() throws Exception {
        var theirs = rig.keep(EventFd.create());
        var ours = rig.keep(EventFd.create());
        done(vhost.set(VhostLayout.SET_VRING_KICK, 0, theirs.fd().number()));
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1));
        vhost.start(0x0f);
        for (int i = 0; i < 3; i++) {
            done(theirs.signal());
            Rig.pause(100);
        }
        done(node.kickFd(0, ours.fd().number()));
        assertThat(ours.drain()).isEqualTo(1);
    }

    @Test
    @Rule("4.2")
    void aQueueThatIsNotReadyIsNotKicked() throws Exception {
        var theirs = rig.keep(EventFd.create());
        var ours = rig.keep(EventFd.create());
        done(node.kickFd(0, ours.fd().number()));
        done(vhost.set(VhostLayout.SET_VRING_KICK, 0, theirs.fd().number()));
        vhost.start(0x0f);
        done(theirs.signal());
        Rig.pause(200);
        assertThat(ours.drain()).isZero();
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 0, 1));
        Rig.pause(200);
        assertThat(ours.drain()).isZero();
    }

    @Test
    @Rule("4.4")
    void achangeOfTheConfigurationIsASignal() throws Exception {
        var call = rig.keep(EventFd.create());
        done(vhost.call(VhostLayout.VDPA_SET_CONFIG_CALL, vhost.pair(call.fd().number(), 0)));
        refused(node.injectConfig(), Errno.EINVAL);
        vhost.start(0x0f);
        done(node.injectConfig());
        Rig.await("a signal", () -> call.drain() > 0);
        done(vhost.call(VhostLayout.VDPA_SET_CONFIG_CALL, vhost.pair(-1, 0)));
        done(node.injectConfig());
        Rig.pause(100);
        assertThat(call.drain()).isZero();
    }
}
