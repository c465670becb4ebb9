package io.vduse4j.embedded.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.vdpa.VdpaBusDriver.Binding;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the daemon is told when its device gets and loses the driver. */
@Timeout(60)
class VirtioVdpaTest {

    private static final Duration SHORT = Duration.ofMillis(200);
    private static final VirtioVdpaOptions OPTIONS =
            VirtioVdpaOptions.DEFAULT.withCpus(2).withTimeouts(Duration.ofSeconds(20));

    private final VirtioVdpa driver = new VirtioVdpa(OPTIONS);

    @Test
    @Spec({"7.1", "7.2"})
    void theDaemonIsToldWhatLinuxTellsIt() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            Binding binding = driver.probe(device);
            assertThat(device.messages)
                    .containsExactly(
                            "SET_STATUS 0x00",
                            "SET_STATUS 0x01",
                            "SET_STATUS 0x03",
                            "SET_STATUS 0x0b",
                            "SET_STATUS 0x0f");
            assertThat(device.disk.requests()).as("the scan for partitions").containsExactly("read 0 4096");
            assertThat(driver.awaitDisk("toy0", Duration.ZERO).size()).isEqualTo(4096 * 512);
            device.messages.clear();
            binding.remove();
            assertThat(device.messages).containsExactly("SET_STATUS 0x00", "SET_STATUS 0x01");
            assertThat(driver.disk("toy0")).isEmpty();
            assertThat(device.domain.rings()).isZero();
            assertThat(device.domain.mappings()).isZero();
        }
    }

    @Test
    @Spec({"7.1", "7.2"})
    void readyIsSaidToADaemonThatAsksForIt() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.asksForReady = true;
            Binding binding = driver.probe(device);
            binding.remove();
            assertThat(device.messages)
                    .containsExactly(
                            "SET_STATUS 0x00",
                            "SET_STATUS 0x01",
                            "SET_STATUS 0x03",
                            "SET_STATUS 0x0b",
                            "SET_VQ_READY 0 true",
                            "SET_VQ_READY 1 true",
                            "SET_STATUS 0x0f",
                            "SET_STATUS 0x00",
                            "SET_VQ_READY 0 false",
                            "SET_VQ_READY 1 false",
                            "SET_STATUS 0x01");
        }
    }

    @ParameterizedTest
    @Spec("7.1")
    @CsvSource({"8,2,2", "8,16,8", "1,4,1"})
    void queuesAreAsManyAsTheProcessorsAtMost(int offered, int cpus, int used) throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.queues = offered;
            device.config().putShort(BlkConfig.NUM_QUEUES, (short) offered);
            Binding binding = new VirtioVdpa(OPTIONS.withCpus(cpus)).probe(device);
            assertThat(device.readyQueues()).isEqualTo(used);
            binding.remove();
        }
    }

    @Test
    @Spec("7.1")
    void withoutMultiQueueThereIsOne() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.features &= ~BlkFeatures.MQ;
            Binding binding = driver.probe(device);
            assertThat(device.readyQueues()).isEqualTo(1);
            binding.remove();
        }
    }

    @Test
    @Spec("7.1")
    void featuresAreThoseOfTheDriverAndOfTheTransport() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.features |= 1L << 17 | VirtioFeatures.RING_PACKED | 1L << 38 | 1L << 40 | 1L << 36 | 1L << 4;
            Binding binding = driver.probe(device);
            assertThat(device.driverFeatures())
                    .isEqualTo(FakeVdpa.FEATURES | VirtioFeatures.RING_PACKED | 1L << 36 | 1L << 4);
            binding.remove();
        }
    }

    @Test
    @Spec("7.1")
    void withoutVersion1NobodyIsAskedForFeatures() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.features &= ~VirtioFeatures.VERSION_1;
            Binding binding = driver.probe(device);
            assertThat(device.messages)
                    .containsExactly("SET_STATUS 0x00", "SET_STATUS 0x01", "SET_STATUS 0x03", "SET_STATUS 0x07");
            binding.remove();
        }
    }

    @Test
    @Spec("7.1")
    void refusedFeaturesEndTheProbe() {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.refused.add(0x0b);
            assertThatThrownBy(() -> driver.probe(device))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            wrong -> assertThat(wrong.errno()).isEqualTo(Errno.ENODEV));
            assertThat(device.messages)
                    .containsExactly(
                            "SET_STATUS 0x00",
                            "SET_STATUS 0x01",
                            "SET_STATUS 0x03",
                            "SET_STATUS 0x0b",
                            "SET_STATUS 0x83");
            assertThat(device.domain.rings()).isZero();
        }
    }

    @Test
    @Spec("7.1")
    void refusedFirstStepsAreNotListenedTo() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.refused.addAll(List.of(0x00, 0x01));
            Binding binding = driver.probe(device);
            assertThat(device.messages)
                    .containsExactly(
                            "SET_STATUS 0x00",
                            "SET_STATUS 0x01",
                            "SET_STATUS 0x02",
                            "SET_STATUS 0x0a",
                            "SET_STATUS 0x0e");
            binding.remove();
        }
    }

    @Test
    @Spec("7.1")
    void refusedDriverOkIsAskedForAgain() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.refused.add(0x0f);
            Binding binding = driver.probe(device);
            assertThat(device.messages).endsWith("SET_STATUS 0x0b", "SET_STATUS 0x0f", "SET_STATUS 0x0f");
            EmbeddedBlockDevice disk = driver.awaitDisk("toy0", Duration.ZERO);
            assertThatThrownBy(() -> disk.flush(SHORT)).hasMessageContaining("refuses DRIVER_OK");
            binding.remove();
            assertThat(device.domain.rings()).isZero();
        }
    }

    private void isRefused(int errno, boolean hasQueues, Consumer<FakeVdpa> change) {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.asksForReady = true;
            change.accept(device);
            assertThatThrownBy(() -> driver.probe(device))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            wrong -> assertThat(wrong.errno()).isEqualTo(errno));
            assertThat(device.messages).endsWith("SET_STATUS 0x8b");
            if (hasQueues) {
                assertThat(device.messages).endsWith("SET_VQ_READY 0 false", "SET_VQ_READY 1 false", "SET_STATUS 0x8b");
            }
            assertThat(device.domain.rings()).isZero();
        }
    }

    @Test
    @Spec("7.1")
    void aDeviceThatCannotBeIsRefused() {
        isRefused(Errno.EINVAL, false, device -> device.config().putShort(BlkConfig.NUM_QUEUES, (short) 0));
        isRefused(Errno.ENOENT, false, device -> device.queueSize = 0);
        isRefused(Errno.EINVAL, false, device -> device.queueSize = 96);
        isRefused(Errno.EINVAL, false, device -> device.queueSize = 2);
        isRefused(Errno.EINVAL, false, device -> device.align = 0);
        isRefused(Errno.EINVAL, true, device -> device.config().putInt(BlkConfig.BLK_SIZE, 256));
        isRefused(Errno.EINVAL, true, device -> device.config().putInt(BlkConfig.BLK_SIZE, 1536));
        isRefused(Errno.EINVAL, true, device -> device.config().putInt(BlkConfig.BLK_SIZE, 1 << 20));
        isRefused(Errno.EINVAL, true, device -> device.config().putInt(BlkConfig.SIZE_MAX, 0));
        isRefused(Errno.ENOMEM, false, device -> device.queueSize = 32768);
    }

    @Test
    @Spec("7.1")
    void aDeviceOfAnotherTypeIsAcknowledgedOnly() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.deviceId = 26;
            driver.probe(device).remove();
            assertThat(device.messages).containsExactly("SET_STATUS 0x00", "SET_STATUS 0x01");
        }
    }

    @Test
    @Spec("6.4")
    void aDaemonThatDoesNotServeHoldsTheBusForALimitedTime() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.disk.sin = ToyBlk.Sin.NEVER_DONE;
            var impatient = new VirtioVdpa(OPTIONS.withTimeouts(SHORT));
            Binding binding = impatient.probe(device);
            assertThat(impatient.disk("toy0")).isPresent();
            binding.remove();
            assertThat(device.messages).endsWith("SET_STATUS 0x0f", "SET_STATUS 0x00", "SET_STATUS 0x01");
            assertThat(device.domain.mappings()).isZero();
            assertThat(device.domain.rings()).isZero();
        }
    }

    @Test
    @Spec("6.4")
    void anEmptyDiskIsNotScanned() throws Exception {
        try (var device = new FakeVdpa(1 << 22, 4096)) {
            device.config().putLong(BlkConfig.CAPACITY, 0);
            Binding binding = driver.probe(device);
            assertThat(device.disk.requests()).isEmpty();
            binding.remove();
        }
    }

    @Test
    void nobodyWaitsForEverForADisk() {
        assertThatThrownBy(() -> driver.awaitDisk("none", SHORT))
                .isInstanceOfSatisfying(
                        LinuxException.class, wrong -> assertThat(wrong.errno()).isEqualTo(Errno.ETIMEDOUT));
    }
}
