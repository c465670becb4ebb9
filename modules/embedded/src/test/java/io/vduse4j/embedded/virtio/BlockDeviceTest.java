package io.vduse4j.embedded.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.vdpa.VdpaBusDriver.Binding;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a disk does with the requests of its users. */
@Timeout(60)
class BlockDeviceTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int SECTORS = 16384;

    private final FakeVdpa device = new FakeVdpa(4 << 20, SECTORS);
    private final VirtioVdpa driver =
            new VirtioVdpa(VirtioVdpaOptions.DEFAULT.withCpus(2).withTimeouts(LIMIT));
    private Binding binding;
    private EmbeddedBlockDevice disk;

    @BeforeEach
    void probe() throws LinuxException {
        new Random(1).nextBytes(device.disk.content());
        binding = driver.probe(device);
        disk = driver.awaitDisk("toy0", Duration.ZERO);
        device.disk.requests();
    }

    @AfterEach
    void remove() {
        binding.remove();
        assertThat(device.domain.mappings()).isZero();
        assertThat(device.domain.rings()).isZero();
        device.close();
    }

    private static MemorySegment bytes(int length, int seed) {
        var data = new byte[length];
        new Random(seed).nextBytes(data);
        return MemorySegment.ofArray(data);
    }

    private MemorySegment content(int offset, int length) {
        return MemorySegment.ofArray(device.disk.content()).asSlice(offset, length);
    }

    private static void fails(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class, wrong -> assertThat(wrong.errno()).isEqualTo(errno));
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        MemorySegment data = bytes(8192, 2);
        disk.write(4096, data, LIMIT);
        assertThat(content(4096, 8192).mismatch(data)).isEqualTo(-1);
        MemorySegment back = MemorySegment.ofArray(new byte[8192]);
        disk.read(4096, back, LIMIT);
        assertThat(back.mismatch(data)).isEqualTo(-1);
        assertThat(device.disk.requests()).containsExactly("write 8 8192", "read 8 8192");
        assertThat(device.domain.mappings()).isZero();
    }

    @Test
    void aStatusByteBecomesAnErrno() {
        device.disk.sin = ToyBlk.Sin.IO_ERROR;
        fails(Errno.EIO, () -> disk.write(0, bytes(512, 1), LIMIT));
        device.disk.sin = ToyBlk.Sin.UNSUPPORTED;
        fails(Errno.EOPNOTSUPP, () -> disk.flush(LIMIT));
        device.disk.sin = ToyBlk.Sin.STRANGE_STATUS;
        fails(Errno.EIO, () -> disk.write(0, bytes(512, 1), LIMIT));
    }
}
