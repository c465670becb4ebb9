package io.vduse4j.block;

import static io.vduse4j.block.BlkClient.DISCARD;
import static io.vduse4j.block.BlkClient.OK;
import static io.vduse4j.block.BlkClient.WRITE_ZEROES;
import static io.vduse4j.block.BlkClient.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.virtio.ChainBuffers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a disk asks the ordering for, and when. */
class BlkOrderTest {

    private static final BlkOptions OPTIONS = new BlkOptions("disk", 1, DiskRig.QUEUE_SIZE, "serial");

    private record Wish(long offset, long length) {}

    private final RecordingBackend backend = new RecordingBackend(RecordingBackend.limits(512, false), 8 << 20);
    private final List<Wish> wishes = new ArrayList<>();

    private DiskRig rig(Backend served) throws IOException {
        return new DiskRig(served, OPTIONS, ~0L, (_, offset, length) -> {
            wishes.add(new Wish(offset, length));
            return true;
        });
    }

    @Test
    @Spec("CR-04")
    void onlyWhatChangesTheDiskIsOrdered() throws Exception {
        try (var rig = rig(backend)) {
            var client = new BlkClient(rig);
            assertThat(client.write(8, new byte[1024]).status()).isEqualTo(OK);
            assertThat(client.read(8, 1024).status()).isEqualTo(OK);
            assertThat(client.request(BlkClient.FLUSH, 0, new byte[0], 0).status())
                    .isEqualTo(OK);
            assertThat(wishes).containsExactly(new Wish(4096, 1024));
        }
    }

    /** For each range by itself it could wait for a request that waits for its first range. */
    @Test
    @Spec("CR-04")
    void rangesAreAskedForOnceAndTogether() throws Exception {
        try (var rig = rig(backend)) {
            var client = new BlkClient(rig);
            assertThat(client.ranges(DISCARD, range(100, 8, 0), range(0, 0, 0), range(16, 4, 0), range(104, 6, 0))
                            .status())
                    .isEqualTo(OK);
            assertThat(client.ranges(WRITE_ZEROES, range(7, 1, 0)).status()).isEqualTo(OK);
            assertThat(client.ranges(DISCARD, range(5, 0, 0)).status()).isEqualTo(OK);
            assertThat(wishes).containsExactly(new Wish(16 * 512, 94 * 512), new Wish(7 * 512, 512));
            assertThat(backend.asked).hasSize(4);
        }
    }

    @Test
    @Spec("CR-04")
    void aWriteThatIsKeptBackDoesNothingUntilItIsResumed() throws Exception {
        List<Integer> kept = new ArrayList<>();
        try (var rig = new DiskRig(backend, OPTIONS, ~0L, (slot, _, _) -> {
            kept.add(slot);
            return false;
        })) {
            long out = rig.allocate(16 + 512);
            rig.at(out, 16).copyFrom(MemorySegment.ofArray(BlkClient.header(BlkClient.OUT, 3)));
            long status = rig.allocate(1);
            rig.driver.add(new ChainBuffers().readable(out, 16 + 512).writable(status, 1));
            rig.driver.publish();
            rig.work();
            assertThat(kept).hasSize(1);
            assertThat(backend.asked).isEmpty();
            assertThat(rig.handler.outstanding()).isZero();
            assertThat(rig.driver.poll()).isNegative();
            rig.resume(kept.getFirst());
            rig.receive();
            assertThat(rig.byteAt(status)).isEqualTo(OK);
            assertThat(backend.asked).hasSize(1);
        }
    }

    /** Nothing is stored: there is nothing to put in order. */
    @Test
    void whatKeepsNoDataIsNotOrdered() throws Exception {
        try (var nothing = Backends.open("null:1M", BackendOptions.NONE);
                var rig = rig(new FilterBackend(nothing) {})) {
            assertThat(new BlkClient(rig).write(8, new byte[1024]).status()).isEqualTo(OK);
            assertThat(wishes).isEmpty();
        }
    }
}
