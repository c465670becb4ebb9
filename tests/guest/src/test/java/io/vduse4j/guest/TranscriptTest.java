package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.VirtioBlk;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.vduse.VduseMessage;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the kernel says to a daemon while virtio-blk comes and goes (kernel-behaviour 7.1 and 7.2). */
@Tag("quick")
final class TranscriptTest {
    private static final List<Integer> ATTACH = List.of(0x00, 0x01, 0x03, 0x0b, 0x0f);
    private static final List<Integer> DETACH = List.of(0x00, 0x01);

    @Test
    void twoLivesOfOneDevice() throws Exception {
        try (var backend = Backends.open("memory:64M", BackendOptions.NONE);
                var disk =
                        new VirtioBlk(backend, new BlkOptions("transcript", 2, 128, "serial"), MemoryBudget.process());
                var served = new Served("transcript", disk)) {
            life(served, "first");
            life(served, "second");
            assertThat(served.messages().stream().map(VduseMessage::id))
                    .as("numbers from 0 without a gap, going on over a detach (3.1)")
                    .containsExactlyElementsOf(IntStream.range(0, 2 * (ATTACH.size() + DETACH.size()))
                            .boxed()
                            .toList());
            assertThat(served.refused()).isEmpty();
        }
    }

    private static void life(Served served, String which) throws Exception {
        int from = served.messages().size();
        served.attach();
        Evidence.show("%s attach:", which);
        assertThat(served.statusesFrom(from, ATTACH.size())).isEqualTo(ATTACH);
        assertThat(Devices.block("transcript")).isPresent();

        int behind = served.messages().size();
        served.detach();
        Evidence.show("%s detach:", which);
        assertThat(served.statusesFrom(behind, DETACH.size())).isEqualTo(DETACH);
        assertThat(Devices.vdpa()).doesNotContain("transcript");
    }
}
