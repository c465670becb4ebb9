package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.Framing;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.virtio.VirtioFeatures;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a front end that keeps the rules gets from the back end. */
@Timeout(120)
class FrontEndTest {

    private static final long PACKED = VirtioFeatures.RING_PACKED;
    private static final long EVENT_IDX = VirtioFeatures.RING_EVENT_IDX;

    @ParameterizedTest
    @ValueSource(longs = {0, EVENT_IDX, PACKED, PACKED | EVENT_IDX})
    void everyKindOfRingServesEveryQueue(long rings) throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.connect()) {
            long others = VhostUserFrontEnd.supported() & ~(PACKED | EVENT_IDX);
            frontEnd.negotiate(others | rings, VhostUserFeatures.OFFERED);
            assertThat(frontEnd.features() & (PACKED | EVENT_IDX)).isEqualTo(rings);
            assertThat(frontEnd.capacity()).isEqualTo(UserRig.BYTES / 512);
            frontEnd.start(UserRig.QUEUES, UserRig.SIZE, 65_500, 8);
            for (int queue = 0; queue < UserRig.QUEUES; queue++) {
                var workload = new BlkWorkload(queue * 1024L, 1024, 64, frontEnd.features(), new Random(queue));
                workload.run(frontEnd.queue(queue), 500, 8, frontEnd.tables());
                assertThat(workload.done()).isGreaterThanOrEqualTo(500);
                frontEnd.stopIdle(queue);
            }
        }
    }

    @Test
    void anotherFrontEndComesWhenTheFirstHasGone() throws Exception {
        try (var rig = new UserRig()) {
            for (int i = 0; i < 3; i++) {
                byte[] data = new byte[512];
                data[0] = (byte) i;
                try (var frontEnd = rig.started()) {
                    if (i > 0) {
                        assertThat(frontEnd.queue(0)
                                        .run(BlkCommand.read(0, 512), Framing.CLASSIC)
                                        .require()[0])
                                .isEqualTo((byte) (i - 1));
                    }
                    frontEnd.queue(1)
                            .run(BlkCommand.write(0, data), Framing.CLASSIC)
                            .require();
                }
            }
        }
    }
}
