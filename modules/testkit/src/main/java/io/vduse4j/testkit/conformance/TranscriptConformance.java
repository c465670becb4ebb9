package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a block driver says when it comes and goes, and what it does to the queues meanwhile. */
public abstract class TranscriptConformance extends Cases {
    private static final List<String> ATTACH = statuses(0x00, 0x01, 0x03, 0x0b, 0x0f);
    private static final List<String> FAILED = statuses(0x00, 0x01, 0x03, 0x0b, 0x8b);

    /** For subclasses. */
    protected TranscriptConformance() {}

    private static List<String> statuses(int... statuses) {
        return IntStream.of(statuses).mapToObj(Request::status).toList();
    }

    private static DeviceConfig disk(int queues) {
        return DeviceConfig.disk(Rig.name(), queues);
    }

    private static DeviceConfig multiQueue(int queues, int configured) {
        return disk(queues).with(BlkFeatures.MQ).withField(BlkConfig.NUM_QUEUES, (short) configured);
    }

    private Node device(DeviceConfig config) throws Exception {
        return rig.device(config).setUpAll(config.queues(), 64);
    }

    private List<String> attach(DeviceConfig config, Node node) throws Exception {
        var daemon = Daemon.of(node);
        done(daemon.during(rig.attach(config.name())));
        return daemon.transcript();
    }

    private static int ready(DeviceConfig config, Node node) {
        int count = 0;
        while (count < config.queues() && node.info(count).ready()) {
            count++;
        }
        for (int queue = count; queue < config.queues(); queue++) {
            assertThat(node.info(queue)).isEqualTo(VqInfo.NONE);
        }
        return count;
    }

    @Test
    @Rule(value = "7.1", item = 9)
    void aDiskIsAttachedAndDetached() throws Exception {
        var config = disk(1);
        var node = device(config);
        assertThat(attach(config, node)).isEqualTo(ATTACH);
        var daemon = Daemon.of(node);
        done(daemon.during(rig.detach(config.name())));
        assertThat(daemon.transcript()).isEqualTo(statuses(0x00, 0x01));
    }

    @Test
    @Rule(value = "7.1", item = 9)
    void withoutMultiQueueOneQueueIsUsed() throws Exception {
        var config = disk(4).withField(BlkConfig.NUM_QUEUES, (short) 4);
        var node = device(config);
        assertThat(attach(config, node)).isEqualTo(ATTACH);
        assertThat(ready(config, node)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    @Rule(value = "7.1", item = 9)
    void noMoreQueuesAreUsedThanThereAreProcessors(int configured) throws Exception {
        var config = multiQueue(8, configured);
        var node = device(config);
        assertThat(attach(config, node)).isEqualTo(ATTACH);
        assertThat(ready(config, node))
                .isEqualTo(Math.min(configured, rig.target().cpus()));
    }

    @Test
    @Rule("7.1")
    void multiQueueWithoutQueuesFails() throws Exception {
        var config = multiQueue(2, 0);
        assertThat(attach(config, device(config))).isEqualTo(FAILED);
        assertThat(rig.host().isAttached(config.name())).isTrue();
        assertThat(rig.host().consumer(config.name())).isEmpty();
    }

    @Test
    @Rule("7.1")
    void moreQueuesThanTheDeviceHasFail() throws Exception {
        assumeTrue(rig.target().cpus() > 1, "one processor uses one queue");
        var config = multiQueue(1, 2);
        var node = device(config);
        assertThat(attach(config, node)).isEqualTo(FAILED);
        assertThat(node.info(0).ready()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 256, 513, 1 << 20})
    @Rule("7.1")
    void blockSizesWithWhichADriverGivesUp(int size) throws Exception {
        var config = disk(1).with(BlkFeatures.BLK_SIZE).withField(BlkConfig.BLK_SIZE, size);
        assertThat(attach(config, device(config))).isEqualTo(FAILED);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 512, 4096})
    @Rule("7.1")
    void blockSizesWithWhichItWorks(int size) throws Exception {
        var config = disk(1).with(BlkFeatures.BLK_SIZE).withField(BlkConfig.BLK_SIZE, size);
        assertThat(attach(config, device(config))).isEqualTo(ATTACH);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 96, 1023})
    @Rule("5.4")
    void sizesOfQueuesThatAreNoPowerOfTwoFail(int size) throws Exception {
        var config = disk(1);
        var node = rig.device(config).setUpAll(1, size);
        assertThat(attach(config, node)).isEqualTo(FAILED);
        assertThat(node.info(0).ready()).isFalse();
    }

    @Test
    @Rule("7.1")
    void withoutVersion1NobodyAsksForFeaturesOk() throws Exception {
        var config = disk(1).withFeatures(VirtioFeatures.ACCESS_PLATFORM);
        var node = device(config);
        assertThat(attach(config, node)).isEqualTo(statuses(0x00, 0x01, 0x03, 0x07));
        assertThat(node.features()).isEqualTo(VirtioFeatures.ACCESS_PLATFORM);
    }

    @Test
    @Rule("6.1")
    void aDeviceWithoutQueuesHasNoDriver() throws Exception {
        var config = disk(0);
        var node = device(config);
        assertThat(attach(config, node)).isEmpty();
        assertThat(rig.host().isAttached(config.name())).isTrue();
        assertThat(rig.host().consumer(config.name())).isEmpty();
        assertThat(node.raw().poll(1, 0)).isZero();
    }

    @Test
    @Rule("7.1")
    void theDriverTakesTheFeaturesThatItKnows() throws Exception {
        long known = DeviceConfig.PLAIN
                | VirtioFeatures.RING_INDIRECT_DESC
                | VirtioFeatures.RING_EVENT_IDX
                | BlkFeatures.SEG_MAX
                | BlkFeatures.FLUSH
                | BlkFeatures.MQ;
        var config = multiQueue(1, 1).withFeatures(known | 1L << 3 | 1L << 20 | 1L << 50);
        var node = device(config);
        assertThat(node.features()).isZero();
        var attach = rig.attach(config.name());
        node.accept(0x00, 0x01, 0x03);
        var featuresOk = node.next(0x0b);
        assertThat(node.features()).isEqualTo(known);
        node.accept(featuresOk);
        node.accept(0x0f);
        done(Rig.finish(attach));
        assertThat(node.features()).isEqualTo(known);
    }

    @Test
    @Rule("7.1")
    void queuesComeBetweenFeaturesOkAndDriverOk() throws Exception {
        var config = disk(1);
        var node = device(config);
        var attach = rig.attach(config.name());
        node.accept(0x00, 0x01, 0x03);
        var featuresOk = node.next(0x0b);
        assertThat(node.info(0)).isEqualTo(VqInfo.NONE);
        assertThat(node.isMapped(0, -1)).isFalse();
        node.accept(featuresOk);
        var driverOk = node.next(0x0f);
        assertThat(node.info(0).ready()).isTrue();
        assertThat(node.info(0).num()).isEqualTo(64);
        assertThat(node.info(0).availIndex()).isZero();
        assertThat(node.isMapped(0, -1)).isTrue();
        node.accept(driverOk);
        done(Rig.finish(attach));
    }

    @ParameterizedTest
    @CsvSource({"64, 4096", "128, 4096", "256, 4096", "512, 4096", "1024, 4096", "64, 64", "128, 1024"})
    @Rule(value = "5.4", item = 11)
    void howAQueueLies(int size, int alignment) throws Exception {
        var config = disk(1).withAlignment(alignment);
        var node = rig.device(config).setUpAll(1, size);
        assertThat(attach(config, node)).isEqualTo(ATTACH);
        var info = node.info(0);
        assertThat(info.num()).isEqualTo(size);
        assertThat(info.desc() % 4096).isZero();
        assertThat(info.driver() - info.desc()).isEqualTo(16L * size);
        long behind = 16L * size + 4 + 2L * size + 2;
        long used = (behind + alignment - 1) / alignment * alignment;
        assertThat(info.device() - info.desc()).isEqualTo(used);
        try (var window = Ring.Window.of(node, info.desc())) {
            assertThat(window.start()).isEqualTo(info.desc()).isGreaterThanOrEqualTo(64 << 20);
            assertThat(window.last() - window.start() + 1).isEqualTo(used + 4 + 8L * size + 2);
            assertThat(window.offset()).isEqualTo(window.start());
            assertThat(window.perm()).isEqualTo(3);
        }
    }

    @Test
    @Rule("4.3")
    void aResetTakesQueuesAndFeaturesAway() throws Exception {
        var config = multiQueue(2, 2);
        var node = device(config);
        assertThat(attach(config, node)).isEqualTo(ATTACH);
        assertThat(node.info(0).ready()).isTrue();
        done(Daemon.of(node).during(rig.detach(config.name())));
        assertThat(ready(config, node)).isZero();
        assertThat(node.features()).isZero();
        assertThat(node.isMapped(0, -1)).isFalse();
    }

    @Test
    @Rule("2.3")
    void aQueueIsSetUpAnewWhileItRuns() throws Exception {
        assumeTrue(rig.target().apiVersion() == 0, "version 1 refuses it");
        var config = disk(1);
        var node = device(config);
        assertThat(attach(config, node)).isEqualTo(ATTACH);
        done(node.setUp(0, 128));
        assertThat(node.info(0).num()).isEqualTo(64);
        var daemon = Daemon.of(node);
        done(daemon.during(rig.detach(config.name())));
        done(daemon.during(rig.attach(config.name())));
        assertThat(node.info(0).num()).isEqualTo(128);
    }
}
