package io.vduse4j.embedded.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.vdpa.VdpaBusDriver.Binding;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a disk does when its device changes, breaks or goes. */
@Timeout(60)
class BlockDeviceEndTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final VirtioVdpaOptions OPTIONS =
            VirtioVdpaOptions.DEFAULT.withCpus(1).withTimeouts(LIMIT).withRemoveTimeout(Duration.ofMillis(300));

    private final VirtioVdpa driver = new VirtioVdpa(OPTIONS);

    private static void fails(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class, wrong -> assertThat(wrong.errno()).isEqualTo(errno));
    }

    private static void failsLater(int errno, CompletableFuture<Void> future) {
        fails(errno, () -> {
            try {
                future.get(20, TimeUnit.SECONDS);
            } catch (ExecutionException failed) {
                throw failed.getCause();
            }
        });
    }

    private static MemorySegment bytes(int length) {
        return MemorySegment.ofArray(new byte[length]);
    }

    @ParameterizedTest
    @EnumSource(
            value = ToyBlk.Sin.class,
            names = {"RUBBISH_ID", "LONG_LENGTH", "INDEX_JUMP"})
    @Spec({"VS-17", "BUG-04"})
    void aDeviceThatBreaksTheRulesIsNotUsedAnyMore(ToyBlk.Sin sin) throws Exception {
        try (var device = new FakeVdpa(4 << 20, 4096)) {
            Binding binding = driver.probe(device);
            EmbeddedBlockDevice disk = driver.awaitDisk("toy0", Duration.ZERO);
            device.disk.sin = ToyBlk.Sin.NEVER_DONE;
            CompletableFuture<Void> early = disk.submitRead(0, bytes(4096));
            while (device.disk.held() == 0) {
                Thread.onSpinWait();
            }
            device.disk.sin = sin;
            failsLater(Errno.EIO, disk.submitRead(0, bytes(4096)));
            failsLater(Errno.EIO, early);
            fails(Errno.EIO, () -> disk.flush(LIMIT));
            assertThat(disk.ended().get(20, TimeUnit.SECONDS)).contains("broke the rules");
            assertThat(device.domain.mappings())
                    .as("until a reset the device may still write there")
                    .isPositive();
            binding.remove();
            assertThat(device.domain.mappings()).isZero();
            assertThat(device.domain.rings()).isZero();
        }
    }

    @Test
    @Spec("J-01")
    void memoryThatVanishesEndsTheDiskOnly() throws Exception {
        try (var device = new FakeVdpa(4 << 20, 4096)) {
            driver.probe(device);
            EmbeddedBlockDevice disk = driver.awaitDisk("toy0", Duration.ZERO);
            device.disk.sin = ToyBlk.Sin.NEVER_DONE;
            CompletableFuture<Void> read = disk.submitRead(0, bytes(4096));
            while (device.disk.held() == 0) {
                Thread.onSpinWait();
            }
            device.domain.vanish();
            device.disk.sin = ToyBlk.Sin.NONE;
            device.serveHeld(1);
            failsLater(Errno.EIO, read);
            fails(Errno.EIO, () -> disk.read(0, bytes(4096), LIMIT));
            assertThat(disk.ended().get(20, TimeUnit.SECONDS)).contains("vanished");
        }
    }

    @Test
    @Spec("7.2")
    void aRemovalFailsWhatIsNotDoneInTime() throws Exception {
        try (var device = new FakeVdpa(4 << 20, 4096)) {
            Binding binding = driver.probe(device);
            EmbeddedBlockDevice disk = driver.awaitDisk("toy0", Duration.ZERO);
            device.disk.sin = ToyBlk.Sin.NEVER_DONE;
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                all.add(disk.submitRead(0, bytes(4096)));
            }
            var waiting = new CompletableFuture<LinuxException>();
            Thread waiter = Thread.startVirtualThread(() -> {
                try {
                    disk.read(0, bytes(4096), LIMIT);
                } catch (LinuxException wrong) {
                    waiting.complete(wrong);
                }
            });
            binding.remove();
            for (CompletableFuture<Void> one : all) {
                failsLater(Errno.EIO, one);
            }
            assertThat(waiting.get(20, TimeUnit.SECONDS).errno()).isEqualTo(Errno.ENODEV);
            assertThat(waiter.join(LIMIT)).isTrue();
            fails(Errno.ENODEV, () -> disk.flush(LIMIT));
            assertThat(disk.ended()).isCompletedWithValue("the disk was removed");
            assertThat(device.domain.mappings()).isZero();
            assertThat(device.domain.rings()).isZero();
        }
    }

    @Test
    @Spec("7.2")
    void aRemovalWaitsForWhatIsInFlight() throws Exception {
        try (var device = new FakeVdpa(4 << 20, 4096)) {
            var patient = new VirtioVdpa(OPTIONS.withRemoveTimeout(LIMIT));
            Binding binding = patient.probe(device);
            EmbeddedBlockDevice disk = patient.awaitDisk("toy0", Duration.ZERO);
            device.disk.sin = ToyBlk.Sin.NEVER_DONE;
            CompletableFuture<Void> read = disk.submitRead(0, bytes(4096));
            Thread remover = Thread.ofPlatform().start(binding::remove);
            disk.ended().get(20, TimeUnit.SECONDS);
            assertThat(device.messages).endsWith("SET_STATUS 0x0f");
            assertThat(read).isNotDone();
            device.serveHeld(1);
            read.get(20, TimeUnit.SECONDS);
            assertThat(remover.join(LIMIT)).isTrue();
            assertThat(device.messages).endsWith("SET_STATUS 0x0f", "SET_STATUS 0x00", "SET_STATUS 0x01");
        }
    }

    @Test
    @Spec("7.1")
    void theCapacityFollowsTheDevice() throws Exception {
        try (var device = new FakeVdpa(4 << 20, 4096)) {
            Binding binding = driver.probe(device);
            EmbeddedBlockDevice disk = driver.awaitDisk("toy0", Duration.ZERO);
            List<Long> heard = new CopyOnWriteArrayList<>();
            disk.addResizeListener(heard::add);
            disk.addResizeListener(_ -> {
                throw new IllegalStateException("a bad listener");
            });
            device.config().putLong(BlkConfig.CAPACITY, 1024);
            device.announce();
            device.announce();
            device.settle();
            assertThat(disk.size()).isEqualTo(1024 * 512);
            assertThat(heard).containsExactly(1024L * 512);
            fails(Errno.EIO, () -> disk.read(1024 * 512, bytes(512), LIMIT));
            device.config().putLong(BlkConfig.CAPACITY, -1);
            device.announce();
            device.settle();
            assertThat(disk.size()).isEqualTo(Long.MAX_VALUE / 512 * 512);
            binding.remove();
        }
    }

    @Test
    void aDiskIsWhatItsFeaturesSay() throws Exception {
        try (var device = new FakeVdpa(4 << 20, 4096)) {
            device.features &= ~(BlkFeatures.FLUSH | BlkFeatures.DISCARD | BlkFeatures.WRITE_ZEROES);
            device.features |= BlkFeatures.RO;
            device.config().putInt(BlkConfig.BLK_SIZE, 4096);
            Binding binding = driver.probe(device);
            EmbeddedBlockDevice disk = driver.awaitDisk("toy0", Duration.ZERO);
            device.disk.requests();
            assertThat(disk.readOnly()).isTrue();
            assertThat(disk.canFlush()).isFalse();
            assertThat(disk.blockSize()).isEqualTo(4096);
            disk.flush(LIMIT);
            fails(Errno.EPERM, () -> disk.write(0, bytes(4096), LIMIT));
            fails(Errno.EPERM, () -> disk.discard(0, 4096, LIMIT));
            fails(Errno.EINVAL, () -> disk.read(512, bytes(4096), LIMIT));
            disk.read(4096, bytes(4096), LIMIT);
            assertThat(device.disk.requests()).containsExactly("read 8 4096");
            binding.remove();
        }
    }

    @Test
    void whatTheDeviceDoesNotOfferIsNotAsked() throws Exception {
        try (var device = new FakeVdpa(4 << 20, 4096)) {
            device.features &= ~(BlkFeatures.DISCARD | BlkFeatures.WRITE_ZEROES);
            Binding binding = driver.probe(device);
            EmbeddedBlockDevice disk = driver.awaitDisk("toy0", Duration.ZERO);
            fails(Errno.EOPNOTSUPP, () -> disk.discard(0, 4096, LIMIT));
            fails(Errno.EOPNOTSUPP, () -> disk.writeZeroes(0, 4096, true, LIMIT));
            binding.remove();
        }
    }

    @ParameterizedTest
    @EnumSource
    void requestsFitIntoSmallDevices(Small small) throws Exception {
        try (var device = new FakeVdpa(small.bounceBytes, 4096)) {
            device.queueSize = small.queueSize;
            if (!small.indirect) {
                device.features &= ~(VirtioFeatures.RING_INDIRECT_DESC | VirtioFeatures.RING_EVENT_IDX);
            }
            device.config().putInt(BlkConfig.SIZE_MAX, small.sizeMax);
            device.config().putInt(BlkConfig.SEG_MAX, small.segMax);
            Binding binding = driver.probe(device);
            EmbeddedBlockDevice disk = driver.awaitDisk("toy0", Duration.ZERO);
            MemorySegment data = bytes(1 << 20);
            for (int i = 0; i < 1 << 20; i += 512) {
                data.set(ValueLayout.JAVA_INT_UNALIGNED, i, i);
            }
            disk.write(0, data, LIMIT);
            MemorySegment back = bytes(1 << 20);
            disk.read(0, back, LIMIT);
            assertThat(back.mismatch(data)).isEqualTo(-1);
            binding.remove();
            assertThat(device.domain.mappings()).isZero();
        }
    }

    /** Devices with little of something. */
    enum Small {
        BOUNCE(64 << 10, 64, 1 << 20, 62, true),
        QUEUE(4 << 20, 4, 1 << 20, 62, false),
        QUEUE_WITH_TABLES(4 << 20, 4, 1 << 20, 62, true),
        SEGMENT(4 << 20, 64, 700, 62, true),
        SEGMENTS(4 << 20, 64, 1 << 20, 1, false),
        DIRECT(4 << 20, 64, 4096, 62, false);

        final int bounceBytes;
        final int queueSize;
        final int sizeMax;
        final int segMax;
        final boolean indirect;

        Small(int bounceBytes, int queueSize, int sizeMax, int segMax, boolean indirect) {
            this.bounceBytes = bounceBytes;
            this.queueSize = queueSize;
            this.sizeMax = sizeMax;
            this.segMax = segMax;
            this.indirect = indirect;
        }
    }
}
