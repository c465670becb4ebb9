package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.DelayFilter;
import io.vduse4j.block.Request;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.linux.UnixSocket;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.EventFdSignals;
import io.vduse4j.testkit.Framing;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.virtio.DeviceStatus;
import io.vduse4j.virtio.VirtioFeatures;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a ring runs, and what can change while it does. */
@Timeout(180)
class RingTest {

    private static final Duration SLOW = Duration.ofMillis(700);

    /** Long enough for a ring that runs to answer, and for a test that expects nothing. */
    private static final Duration QUIET = Duration.ofMillis(200);

    /** Of the index in the available ring (virtio 1.3, 2.7.6). */
    private static final int INDEX_OFFSET = 2;

    private static final BlkCommand READ = BlkCommand.read(0, 512);

    private static final int RUNNING =
            DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK;

    private static VhostUserFrontEnd patient(UserRig rig, Duration patience) throws LinuxException {
        var frontEnd = VhostUserFrontEnd.connect(rig.path, patience);
        frontEnd.negotiate();
        return frontEnd;
    }

    private static void assertSilent(BlkDriver queue) {
        long end = System.nanoTime() + QUIET.toNanos();
        while (System.nanoTime() - end < 0) {
            assertThat(queue.poll()).as("a request that must not be done").isEmpty();
        }
    }

    @Test
    @Spec({"VU-01"})
    void aRingStartsWithItsFirstKickAndStopsForGood() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.started()) {
            BlkDriver queue = frontEnd.queue(0);
            queue.run(READ, Framing.CLASSIC).require();
            int base = frontEnd.stopIdle(0);
            assertThat(queue.submit(READ, Framing.CLASSIC)).isTrue();
            frontEnd.signals(0).kick();
            assertSilent(queue); // the old kick starts nothing any more
            try (var signals = new EventFdSignals()) {
                frontEnd.socket().request(VhostUserRequest.SET_VRING_BASE, FrontEndSocket.state(0, base));
                frontEnd.setDescriptor(
                        VhostUserRequest.SET_VRING_KICK, 0, signals.kickFd().fd());
                assertSilent(queue); // and the new one has not come
                signals.kick();
                queue.await().require();
            }
        }
    }

    @Test
    @Spec({"VU-01"})
    void aRingWithoutKicksIsLookedAtFromTheBeginning() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.started()) {
            BlkDriver queue = frontEnd.queue(0);
            int base = frontEnd.stopIdle(0);
            assertThat(queue.submit(READ, Framing.CLASSIC)).isTrue();
            frontEnd.socket().request(VhostUserRequest.SET_VRING_BASE, FrontEndSocket.state(0, base));
            frontEnd.setNoDescriptor(VhostUserRequest.SET_VRING_KICK, 0);
            queue.await().require();
            frontEnd.setNoDescriptor(VhostUserRequest.SET_VRING_CALL, 0); // and the driver polls too
            assertThat(queue.submit(READ, Framing.CLASSIC)).isTrue();
            awaitByPolling(queue);
        }
    }

    private static void awaitByPolling(BlkDriver queue) {
        long end = System.nanoTime() + UserRig.PATIENCE.toNanos();
        while (queue.poll().isEmpty()) {
            assertThat(System.nanoTime() - end).as("done in time").isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    @Spec({"VU-01"})
    void whereARingStandsIsToldWhenNothingIsInFlightAnyMore() throws Exception {
        var slow = new DelayFilter(Backends.open("memory:16M", BackendOptions.NONE), SLOW, EnumSet.of(Request.Op.READ));
        try (var rig = new UserRig(slow);
                var frontEnd = rig.started()) {
            BlkDriver queue = frontEnd.queue(0);
            for (int i = 0; i < 4; i++) {
                assertThat(queue.submit(BlkCommand.read(i, 512), Framing.CLASSIC))
                        .isTrue();
            }
            while (rig.server.session().orElseThrow().counters(0).fetched() < 4) {
                Thread.onSpinWait();
            }
            long began = System.nanoTime();
            int base = frontEnd.stop(0);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(SLOW.dividedBy(4));
            for (int i = 0; i < 4; i++) {
                assertThat(queue.poll()).as("done before the reply").isPresent();
            }
            assertThat(base).isEqualTo(frontEnd.stopIdle(0));
        }
    }

    @Test
    @Spec({"VU-02"})
    void aDisabledRingIsNotServed() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.started()) {
            BlkDriver queue = frontEnd.queue(0);
            for (int i = 0; i < 20; i++) {
                frontEnd.enable(0, false);
                assertThat(queue.submit(READ, Framing.CLASSIC)).isTrue();
                if (i < 2) {
                    assertSilent(queue);
                    frontEnd.queue(1).run(READ, Framing.CLASSIC).require(); // the other one goes on
                }
                frontEnd.enable(0, true);
                queue.await().require();
            }
        }
    }

    @Test
    @Spec({"VU-02"})
    void withoutProtocolFeaturesRingsAreEnabled() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.connect()) {
            frontEnd.negotiate(VhostUserFrontEnd.supported() & ~VhostUserFeatures.PROTOCOL_FEATURES, 0);
            assertThat(frontEnd.protocolFeatures()).isZero();
            frontEnd.start(2, UserRig.SIZE, 0, 4);
            for (int i = 0; i < 2; i++) {
                var workload = new BlkWorkload(i * 1024L, 1024, 16, frontEnd.features(), new Random(i));
                workload.run(frontEnd.queue(i), 50, 4, frontEnd.tables());
            }
        }
    }

    /** Call descriptors, kicks, addresses and memory are replaced again and again under load. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Spec({"VU-03"})
    void everythingChangesWhileARingRuns(boolean packed) throws Exception {
        long without = packed ? 0 : VirtioFeatures.RING_PACKED;
        try (var rig = new UserRig();
                var frontEnd = rig.connect()) {
            frontEnd.negotiate(VhostUserFrontEnd.supported() & ~without, VhostUserFeatures.OFFERED);
            frontEnd.start(2, UserRig.SIZE, 0, 4);
            var load = new Load(frontEnd, 0);
            for (int i = 0; i < 200; i++) {
                frontEnd.setDescriptor(
                        VhostUserRequest.SET_VRING_CALL,
                        0,
                        frontEnd.signals(0).callFd().fd());
                frontEnd.setDescriptor(
                        VhostUserRequest.SET_VRING_KICK,
                        0,
                        frontEnd.signals(0).kickFd().fd());
                frontEnd.setAddresses(0, frontEnd.queue(0).ring().rings());
                frontEnd.tellMemory();
            }
            assertThat(load.end()).isPositive();
        }
    }

    /** The memory and the ownership stay, rings and features are as in the beginning (VU-11). */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Spec({"VU-11", "VD-07", "VD-08"})
    void aResetKeepsTheMemory(boolean byStatus) throws Exception {
        try (var rig = new UserRig();
                var frontEnd = patient(rig, Duration.ofSeconds(2))) {
            frontEnd.start(2, UserRig.SIZE, 0, 4);
            FrontEndSocket socket = frontEnd.socket();
            socket.request(VhostUserRequest.SET_STATUS, FrontEndSocket.number(15));
            assertThat(socket.askNumber(VhostUserRequest.GET_STATUS)).isEqualTo(15);
            frontEnd.queue(0).run(READ, Framing.CLASSIC).require();
            if (byStatus) {
                socket.request(VhostUserRequest.SET_STATUS, FrontEndSocket.number(0));
            } else {
                socket.request(VhostUserRequest.RESET_DEVICE, FrontEndSocket.payload(0));
            }
            assertThat(socket.askNumber(VhostUserRequest.GET_STATUS)).isZero();
            assertThat(frontEnd.queue(0).submit(READ, Framing.CLASSIC)).isTrue();
            frontEnd.signals(0).kick();
            assertSilent(frontEnd.queue(0));
            socket.request(VhostUserRequest.SET_FEATURES, FrontEndSocket.number(frontEnd.features()));
            frontEnd.setUp(0, frontEnd.base(0));
            frontEnd.queue(0).await().require();
        }
    }

    /** The descriptor of errors, the status, and a change of the configuration say that a ring is broken. */
    @Test
    @Spec({"VD-02", "VD-03"})
    void aBrokenRingIsToldToTheDriver() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.connect();
                var error = EventFd.create();
                var channel = UnixSocket.pair()) {
            frontEnd.negotiate(VhostUserFrontEnd.supported() & ~VirtioFeatures.RING_PACKED, VhostUserFeatures.OFFERED);
            frontEnd.start(2, UserRig.SIZE, 0, 4);
            frontEnd.setDescriptor(VhostUserRequest.SET_VRING_ERR, 0, error.fd());
            FrontEndSocket socket = frontEnd.socket();
            socket.request(
                    VhostUserRequest.SET_BACKEND_REQ_FD,
                    FrontEndSocket.payload(0),
                    channel.one().fd());
            socket.request(VhostUserRequest.SET_STATUS, FrontEndSocket.number(RUNNING));
            frontEnd.queue(0).run(READ, Framing.CLASSIC).require();
            assertThat(error.drain()).isZero();
            long index = frontEnd.queue(0).ring().rings().driverHost() + INDEX_OFFSET;
            NativeMemory.ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, index, (short) 1000);
            frontEnd.signals(0).kick();
            assertThat(ConfigChange.await(channel.other())).isTrue();
            assertThat(error.drain()).isPositive();
            assertThat(socket.askNumber(VhostUserRequest.GET_STATUS)).isEqualTo(RUNNING | DeviceStatus.NEEDS_RESET);
            frontEnd.queue(1).run(READ, Framing.CLASSIC).require();
            socket.request(VhostUserRequest.RESET_DEVICE, FrontEndSocket.payload(0));
            assertThat(socket.askNumber(VhostUserRequest.GET_STATUS)).isZero();
        }
    }

    /** A live resize; nothing is told while all rings are stopped. */
    @Test
    @Spec({"VB-05", "VB-21"})
    void aResizeIsToldWhileARingRuns() throws Exception {
        var backend = new GrowingDisk(Backends.open("memory:16M", BackendOptions.NONE), 1 << 20);
        try (var rig = new UserRig(backend);
                var frontEnd = rig.started();
                var channel = UnixSocket.pair()) {
            frontEnd.socket()
                    .request(
                            VhostUserRequest.SET_BACKEND_REQ_FD,
                            FrontEndSocket.payload(0),
                            channel.one().fd());
            backend.grow(2 << 20);
            assertThat(ConfigChange.await(channel.other())).isTrue();
            assertThat(frontEnd.capacity()).isEqualTo((2 << 20) / 512);
            int first = frontEnd.stopIdle(0);
            frontEnd.stopIdle(1);
            backend.grow(3 << 20);
            assertThat(frontEnd.capacity()).isEqualTo((3 << 20) / 512);
            assertThat(ConfigChange.isThere(channel.other())).isFalse();
            frontEnd.setUp(0, first);
            assertThat(ConfigChange.await(channel.other())).isTrue();
        }
    }
}
