package io.vduse4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.virtio.EmbeddedBlockDevice;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A disk of the framework, used by the block driver of the embedded kernel. */
@Timeout(120)
class EmbeddedVirtioTest {

    private static final Duration LIMIT = EmbeddedRig.LIMIT;

    private static MemorySegment bytes(int length, int seed) {
        var data = new byte[length];
        new Random(seed).nextBytes(data);
        return MemorySegment.ofArray(data);
    }

    @ParameterizedTest(name = "packed = {0}")
    @ValueSource(booleans = {false, true})
    @Spec({"7.1", "7.2"})
    void aDiskIsAttachedUsedAndDetached(boolean packed) throws Exception {
        try (var rig = new EmbeddedRig(2, packed)) {
            rig.attach();
            EmbeddedBlockDevice disk = rig.virtio.awaitDisk(EmbeddedRig.NAME, LIMIT);
            assertThat(rig.status()).isEqualTo(0x0f);
            assertThat(disk.size()).isEqualTo(32 << 20);
            MemorySegment data = bytes(5 << 20, 1);
            disk.write(1 << 20, data, LIMIT);
            MemorySegment back = MemorySegment.ofArray(new byte[5 << 20]);
            disk.read(1 << 20, back, LIMIT);
            assertThat(back.mismatch(data)).isEqualTo(-1);
            disk.flush(LIMIT);
            disk.writeZeroes(1 << 20, 4096, true, LIMIT);
            disk.discard(2 << 20, 8192, LIMIT);
            disk.read(1 << 20, back.asSlice(0, 4096), LIMIT);
            assertThat(back.asSlice(0, 4096).mismatch(MemorySegment.ofArray(new byte[4096])))
                    .isEqualTo(-1);
            rig.detach();
            assertThat(rig.status()).isEqualTo(1);
            assertThatThrownBy(() -> disk.flush(LIMIT))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            wrong -> assertThat(wrong.errno()).isEqualTo(Errno.ENODEV));
            rig.attach();
            EmbeddedBlockDevice again = rig.virtio.awaitDisk(EmbeddedRig.NAME, LIMIT);
            again.read(2 << 20, back.asSlice(0, 512), LIMIT);
            again.read((2 << 20) + 8192, back.asSlice(0, 4096), LIMIT);
            assertThat(back.asSlice(0, 4096).mismatch(data.asSlice((1 << 20) + 8192, 4096)))
                    .isEqualTo(-1);
            rig.detach();
        }
    }

    @ParameterizedTest(name = "packed = {0}")
    @ValueSource(booleans = {false, true})
    void manyThreadsReadWhatTheyWrite(boolean packed) throws Exception {
        try (var rig = new EmbeddedRig(2, packed);
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            rig.attach();
            EmbeddedBlockDevice disk = rig.virtio.awaitDisk(EmbeddedRig.NAME, LIMIT);
            List<Future<Void>> all = new ArrayList<>();
            for (int t = 0; t < 16; t++) {
                int own = t;
                all.add(executor.submit(() -> {
                    writeAndRead(disk, own);
                    return null;
                }));
            }
            for (Future<Void> one : all) {
                one.get(100, TimeUnit.SECONDS);
            }
            rig.detach();
        }
    }

    private static void writeAndRead(EmbeddedBlockDevice disk, int own) throws LinuxException {
        var random = new Random(own);
        int window = 2 << 20;
        for (int i = 0; i < 60; i++) {
            int length = 512 * (1 + random.nextInt(600));
            long offset = (long) own * window + 512L * random.nextInt(window / 512 - length / 512);
            MemorySegment data = bytes(length, random.nextInt());
            disk.write(offset, data, LIMIT);
            MemorySegment back = MemorySegment.ofArray(new byte[length]);
            disk.read(offset, back, LIMIT);
            assertThat(back.mismatch(data)).isEqualTo(-1);
        }
    }

    @ParameterizedTest(name = "packed = {0}")
    @ValueSource(booleans = {false, true})
    void aDetachUnderLoadEndsEveryRequest(boolean packed) throws Exception {
        try (var rig = new EmbeddedRig(2, packed);
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            rig.attach();
            EmbeddedBlockDevice disk = rig.virtio.awaitDisk(EmbeddedRig.NAME, LIMIT);
            List<Future<Integer>> all = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                all.add(executor.submit(() -> {
                    MemorySegment into = MemorySegment.ofArray(new byte[64 << 10]);
                    for (int i = 0; ; i++) {
                        try {
                            disk.read((i % 100) << 16, into, LIMIT);
                        } catch (LinuxException gone) {
                            return gone.errno();
                        }
                    }
                }));
            }
            Thread.sleep(300);
            rig.detach();
            for (Future<Integer> one : all) {
                assertThat(one.get(30, TimeUnit.SECONDS)).isEqualTo(Errno.ENODEV);
            }
        }
    }
}
