package io.vduse4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.SimpleBackend;
import io.vduse4j.block.SimpleBackends;
import io.vduse4j.embedded.EmbeddedKernel;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.embedded.virtio.VirtioVdpa;
import io.vduse4j.embedded.virtio.VirtioVdpaOptions;
import io.vduse4j.linux.MemoryBudget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a user tests storage of his own: on a kernel in this JVM, without root and without a daemon. */
class OwnStorageTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    /** A megabyte that is kept with all bits turned over. */
    private static final class Inverted implements SimpleBackend {
        final byte[] bytes = new byte[1 << 20];

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, MemorySegment into) {
            for (long i = 0; i < into.byteSize(); i++) {
                into.set(ValueLayout.JAVA_BYTE, i, (byte) ~bytes[(int) (offset + i)]);
            }
        }

        @Override
        public void write(long offset, MemorySegment from) {
            for (long i = 0; i < from.byteSize(); i++) {
                bytes[(int) (offset + i)] = (byte) ~from.get(ValueLayout.JAVA_BYTE, i);
            }
        }

        @Override
        public void flush() {}
    }

    @Test
    void aDriverFindsWhatItHasWritten() throws Exception {
        var storage = new Inverted();
        var driver = new VirtioVdpa(VirtioVdpaOptions.DEFAULT);
        try (var kernel = new EmbeddedKernel(KernelProfile.LINUX_6_12, List.of(driver));
                var backend = SimpleBackends.adapt(storage, "inverted", 2, MemoryBudget.process());
                var served = Disk.named("inverted").queues(2).serve(kernel, backend, Bus.VIRTIO)) {
            assertThat(served.device()).isEqualTo("embedded:inverted");
            var disk = driver.awaitDisk("inverted", SOON);
            var written = new byte[512];
            Arrays.fill(written, (byte) 0x5a);
            disk.write(4096, MemorySegment.ofArray(written), SOON);
            disk.flush(SOON);
            assertThat(storage.bytes[4096]).isEqualTo((byte) ~0x5a);
            var read = new byte[512];
            disk.read(4096, MemorySegment.ofArray(read), SOON);
            assertThat(read).isEqualTo(written);
        }
    }
}
