package io.vduse4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.virtio.VirtqueueDriver;
import io.vduse4j.virtio.VirtqueueState;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver against a device that is right, and against one that is wrong in each way that the driver can notice. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlkDriverTest {

    private static final int REQUEST = 256 << 10;
    private static final long ALL = BlkFeatures.FLUSH | BlkFeatures.DISCARD | BlkFeatures.WRITE_ZEROES;

    private static BlkDriver driver(ToyDisk disk, Duration timeout) {
        var ring = VirtqueueDriver.of(disk.space, disk.rings(), ToyDisk.FEATURES, VirtqueueState.split(0));
        var driver = new BlkDriver(ring, disk.area(), REQUEST, disk, timeout);
        disk.start();
        return driver;
    }

    private static byte[] bytes(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }

    @Test
    @Spec({"VS-02", "VS-11"})
    void everyFramingReadsWhatWasWritten() {
        try (var disk = new ToyDisk(256, ToyDisk.Sin.NONE)) {
            BlkDriver driver = driver(disk, Duration.ofSeconds(20));
            Framing[] framings = {
                Framing.CLASSIC,
                Framing.INDIRECT,
                Framing.HEADER_DIRECT,
                Framing.JOINED,
                Framing.CLASSIC.pieces(7),
                Framing.JOINED.pieces(13),
                Framing.INDIRECT.pieces(100),
                new Framing(false, 5, 0, 2),
                new Framing(true, 3, 1, 9)
            };
            long sector = 3;
            for (Framing framing : framings) {
                byte[] data = bytes(512);
                assertThat(driver.run(BlkCommand.write(sector, data), framing).require())
                        .isEmpty();
                assertThat(driver.run(BlkCommand.read(sector, 512), framing).require())
                        .isEqualTo(data);
                sector += 2;
            }
            // One byte in each buffer: 20 and 1 are written, 16 are read.
            byte[] id = driver.run(BlkCommand.getId(), Framing.JOINED.pieces(1)).require();
            assertThat(id).isEqualTo(Arrays.copyOf(new byte[] {'t', 'o', 'y'}, 20));
            assertThat(driver.run(BlkCommand.flush(), Framing.JOINED).require()).isEmpty();
            assertThat(driver.run(BlkCommand.raw(77, 0, new byte[0], 0), Framing.CLASSIC)
                            .status())
                    .isEqualTo(BlkRequest.S_UNSUPP);
            assertThat(driver.ring().freeDescriptors()).isEqualTo(256);
        }
    }

    @Test
    void aFramingIsCutAsItSays() {
        BlkCommand write = BlkCommand.write(0, new byte[512]);
        assertThat(Framing.CLASSIC.readable(write)).containsExactly(16, 512);
        assertThat(Framing.CLASSIC.writable(write)).containsExactly(1);
        assertThat(Framing.JOINED.readable(write)).containsExactly(528);
        assertThat(Framing.CLASSIC.pieces(300).readable(write)).containsExactly(16, 300, 212);
        assertThat(Framing.JOINED.pieces(300).readable(write)).containsExactly(300, 228);
        BlkCommand read = BlkCommand.read(0, 512);
        assertThat(Framing.CLASSIC.pieces(300).writable(read)).containsExactly(300, 212, 1);
        assertThat(Framing.JOINED.pieces(513).writable(read)).containsExactly(513);
        assertThat(Framing.CLASSIC.pieces(10).readable(read)).containsExactly(10, 6);
        var random = new Random(3);
        for (int i = 0; i < 5000; i++) {
            Framing framing = Framing.random(random, i % 2 == 0 ? write : read, 3, Framing.Tables.ANY);
            assertThat(framing.buffers(i % 2 == 0 ? write : read)).isLessThanOrEqualTo(3);
        }
        assertThatThrownBy(() -> new Framing(true, 0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 16, 128})
    @Spec({"VS-02", "VS-17", "BUG-09"})
    void randomRequestsAreVerified(int size) {
        try (var disk = new ToyDisk(size, ToyDisk.Sin.NONE)) {
            BlkDriver driver = driver(disk, Duration.ofSeconds(20));
            var workload = new BlkWorkload(100, 400, 64, ALL, new Random(size));
            workload.run(driver, 1500, 8, Framing.Tables.ANY);
            assertThat(workload.done()).isGreaterThanOrEqualTo(1500);
            assertThat(driver.inFlight()).isZero();
            assertThat(driver.ring().freeDescriptors()).isEqualTo(size);
        }
    }

    @ParameterizedTest
    @EnumSource(value = ToyDisk.Sin.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void whatADeviceDoesWrongIsNoticed(ToyDisk.Sin sin) {
        try (var disk = new ToyDisk(16, sin)) {
            Duration timeout =
                    Duration.ofSeconds(sin == ToyDisk.Sin.NEVER_DONE || sin == ToyDisk.Sin.NO_INTERRUPT ? 2 : 20);
            BlkDriver driver = driver(disk, timeout);
            var workload = new BlkWorkload(100, 400, 8, ALL, new Random(1));
            assertThatThrownBy(() -> workload.run(driver, 3000, 1, Framing.Tables.ANY))
                    .isInstanceOf(DeviceFaultException.class)
                    .hasMessageContaining(
                            switch (sin) {
                                case WRITES_BEFORE_THE_DATA, WRITES_BEHIND_THE_STATUS, WRITES_THE_TABLE -> "VS-05";
                                case WRITES_THE_HEADER -> "byte 3 of readable buffer 0";
                                case NO_STATUS -> "status 238";
                                case SHORT_LENGTH -> "VS-17";
                                case LONG_LENGTH -> "broke the queue: used length";
                                case NO_INTERRUPT -> "interrupt for it is missing";
                                case NEVER_DONE -> "1 requests not done";
                                case FLIPS_A_BIT, FORGETS_A_WRITE, ZEROES_TOO_LITTLE -> "must hold version";
                                case NONE -> throw new IllegalStateException();
                            });
        }
    }

    @Test
    void memoryCanBeChangedBetweenRequestsInFlight() {
        try (var disk = new ToyDisk(64, ToyDisk.Sin.NONE)) {
            BlkDriver driver = driver(disk, Duration.ofSeconds(20));
            DriverArea first = disk.area().part(0, 4L * REQUEST);
            DriverArea second = disk.area().part(4L * REQUEST, 2L * REQUEST);
            driver.useArea(first);
            for (int i = 0; i < 4; i++) {
                assertThat(driver.submit(BlkCommand.read(i, 512), Framing.CLASSIC))
                        .isTrue();
            }
            assertThat(driver.submit(BlkCommand.read(0, 512), Framing.CLASSIC)).isFalse();
            assertThat(driver.inFlight(first)).isEqualTo(4);
            driver.useArea(second);
            assertThat(driver.submit(BlkCommand.read(5, 512), Framing.CLASSIC)).isTrue();
            assertThat(driver.inFlight(second)).isEqualTo(1);
            driver.useArea(first);
            assertThat(driver.submit(BlkCommand.read(0, 512), Framing.CLASSIC)).isFalse();
            for (int i = 0; i < 5; i++) {
                driver.await().require();
            }
            assertThat(driver.inFlight(first) + driver.inFlight(second)).isZero();
            for (int i = 0; i < 4; i++) {
                assertThat(driver.submit(BlkCommand.read(i, 512), Framing.CLASSIC))
                        .isTrue();
            }
            assertThat(driver.submit(BlkCommand.read(0, 512), Framing.CLASSIC)).isFalse();
            assertThatThrownBy(() -> driver.run(BlkCommand.flush(), Framing.CLASSIC))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> driver.useArea(first.part(0, 16))).isInstanceOf(IllegalArgumentException.class);
            while (driver.inFlight() > 0) {
                driver.await().require();
            }
        }
    }

    @Test
    void aRequestThatDoesNotFitIsRefused() {
        try (var disk = new ToyDisk(4, ToyDisk.Sin.NONE)) {
            BlkDriver driver = driver(disk, Duration.ofSeconds(20));
            assertThatThrownBy(() -> driver.run(BlkCommand.read(0, REQUEST), Framing.CLASSIC))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("more than the " + REQUEST);
            assertThatThrownBy(() -> driver.run(BlkCommand.read(0, 512), Framing.CLASSIC.pieces(100)))
                    .isInstanceOf(IllegalArgumentException.class);
            driver.run(BlkCommand.read(0, 512), Framing.CLASSIC).require();
        }
    }
}
