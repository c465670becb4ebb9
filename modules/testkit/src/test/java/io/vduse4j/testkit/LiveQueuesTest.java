package io.vduse4j.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.embedded.EmbeddedKernel;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.vhost.VhostVdpa;
import io.vduse4j.vduse.DeviceSpec;
import io.vduse4j.vduse.ServeOptions;
import io.vduse4j.vduse.VdpaBus;
import io.vduse4j.vduse.VduseControl;
import io.vduse4j.vduse.VduseDevice;
import io.vduse4j.vduse.VduseServer;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.virtio.Chain;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.SimpleDevice;
import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queues that come, go and stand still while the device runs, through vhost-vdpa of the embedded linux-7.3. */
@Timeout(120)
class LiveQueuesTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration A_WHILE = Duration.ofMillis(100);
    private static final String NAME = "live";
    private static final int SIZE = 64;
    private static final byte[] TEXT = "text".getBytes(US_ASCII);

    /** Gives back what it is told. */
    private static final class Echo implements SimpleDevice {
        @Override
        public int deviceId() {
            return 26;
        }

        @Override
        public int queues() {
            return 2;
        }

        @Override
        public long handle(Chain chain) {
            var bytes = MemorySegment.ofArray(new byte[TEXT.length]);
            chain.consume(bytes, TEXT.length);
            chain.fill(bytes);
            return TEXT.length;
        }
    }

    private interface Body {
        void run(VhostVdpaDevice driver) throws Exception;
    }

    private final List<BenchQueue> queues = new ArrayList<>();
    private final List<RingAddresses> rings = new ArrayList<>();
    private final List<EventFdSignals> signals = new ArrayList<>();
    private long features;

    private static void serve(long apiVersion, Body body) throws Exception {
        var echo = new Echo();
        var vhost = new VhostVdpa(LIMIT);
        try (var kernel = new EmbeddedKernel(KernelProfile.LINUX_7_3, List.of(vhost));
                var control = VduseControl.open(kernel, apiVersion);
                var pool = new WorkerPool(1, 0)) {
            if (apiVersion > 0) {
                control.selectFeatures(VduseApi1.VDUSE_F_QUEUE_READY | VduseApi1.VDUSE_F_SUSPEND);
            }
            control.create(new DeviceSpec(
                    NAME, 0, 26, VduseServer.features(echo, ServeOptions.DEFAULT), 2, 4096, new byte[0]));
            try (var node = VduseDevice.open(kernel, NAME, 2)) {
                node.setupQueue(0, SIZE);
                node.setupQueue(1, SIZE);
                try (var server = new VduseServer(node, echo, pool, ServeOptions.DEFAULT)) {
                    var bus = new VdpaBus(kernel);
                    bus.add(NAME, LIMIT);
                    try (var driver = new VhostVdpaDevice(VhostNode.of(NAME, vhost.open(NAME)))) {
                        body.run(driver);
                        assertThat(server.isBroken()).isFalse();
                    }
                    bus.delete(NAME, LIMIT);
                }
            }
            control.destroy(NAME);
        }
    }

    /** New queues that begin at an index; nothing of them is ready yet. */
    private void setUp(VhostVdpaDevice driver, VhostMemory memory, int... bases) throws Exception {
        features = new VhostStart(driver).negotiate(driver.features(), Optional.empty());
        queues.clear();
        rings.clear();
        for (int index = 0; index < bases.length; index++) {
            DriverArea ring = memory.add(VhostStart.ringBytes(SIZE));
            var at = RingAddresses.contiguous(SIZE, VhostStart.RING_ALIGNMENT, ring.host(), ring.device());
            var signal = new EventFdSignals();
            signals.add(signal);
            rings.add(at);
            queues.add(new BenchQueue(
                    VirtqueueDriver.of(ring.space(), at, features, VirtqueueState.split(bases[index])),
                    memory.add(4096),
                    signal));
            driver.setQueueSize(index, SIZE);
            driver.setQueueBase(index, bases[index]);
            driver.setQueueAddresses(index, at);
            driver.setKick(index, Optional.of(signal.kickFd()));
            driver.setCall(index, Optional.of(signal.callFd()));
        }
    }

    private void answers(int queue) {
        assertThat(queues.get(queue).request(TEXT, TEXT.length, LIMIT)).isEqualTo(TEXT);
    }

    private void isQuiet(int queue) {
        assertThatThrownBy(() -> queues.get(queue).request(TEXT, TEXT.length, A_WHILE))
                .isInstanceOf(DeviceFaultException.class)
                .hasMessageContaining("not done");
    }

    private void close(VhostMemory memory) {
        signals.forEach(EventFdSignals::close);
        memory.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    @Spec({"1.4", "8.5"})
    void aQueueThatIsEnabledLateIsServed(long apiVersion) throws Exception {
        serve(apiVersion, driver -> {
            VhostMemory memory = VhostMemory.of(driver);
            setUp(driver, memory, 0, 0);
            driver.enableQueue(0, true);
            new VhostStart(driver).run();
            answers(0);
            driver.enableQueue(1, true);
            answers(1);
            answers(0);
            assertThat(driver.queueBase(1)).isEqualTo(1);
            close(memory);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 200})
    @Spec("1.4")
    void aQueueThatIsDisabledStandsStillUntilItIsEnabled(int requests) throws Exception {
        serve(1, driver -> {
            VhostMemory memory = VhostMemory.of(driver);
            setUp(driver, memory, 65_500, 0);
            driver.enableQueue(0, true);
            driver.enableQueue(1, true);
            new VhostStart(driver).run();
            for (int i = 0; i < requests; i++) {
                answers(0);
            }
            driver.enableQueue(0, false);
            int next = (65_500 + requests) & 0xffff;
            assertThat(driver.queueBase(0)).isEqualTo(next);
            isQuiet(0);
            answers(1);
            assertThat(driver.queueBase(0)).isEqualTo(next);
            driver.enableQueue(0, true);
            queues.get(0).await(LIMIT); // what was put there meanwhile
            answers(0);
            assertThat(driver.queueBase(0)).isEqualTo((next + 2) & 0xffff);
            close(memory);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @Spec({"1.4", "8.2"})
    void aSuspendedDeviceStandsStillUntilItIsReset(int enabled) throws Exception {
        serve(1, driver -> {
            VhostMemory memory = VhostMemory.of(driver);
            setUp(driver, memory, 0, 65_535);
            for (int queue = 0; queue < enabled; queue++) {
                driver.enableQueue(queue, true);
            }
            new VhostStart(driver).run();
            for (int queue = 0; queue < enabled; queue++) {
                answers(queue);
                answers(queue);
            }
            driver.suspend();
            List<Integer> bases = new ArrayList<>();
            for (int queue = 0; queue < enabled; queue++) {
                isQuiet(queue);
                bases.add(driver.queueBase(queue));
            }
            assertThat(bases).isEqualTo(List.of(2, 1).subList(0, enabled));
            setUp(driver, memory, bases.getFirst(), bases.getLast());
            driver.enableQueue(0, true);
            driver.enableQueue(1, true);
            new VhostStart(driver).run();
            answers(0);
            answers(1);
            close(memory);
        });
    }
}
