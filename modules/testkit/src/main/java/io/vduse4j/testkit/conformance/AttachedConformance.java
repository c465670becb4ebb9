package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the vdpa bus tells of a device that is on it, and how it changes hands. */
public abstract class AttachedConformance extends Cases {
    private static final int VSTATS_GET = 7;
    private static final int QUEUE_INDEX = 17;

    private String name;
    private Node node;
    private Daemon daemon;

    /** For subclasses. */
    protected AttachedConformance() {}

    @BeforeEach
    void attach() throws Exception {
        name = Rig.name();
        node = rig.device(DeviceConfig.disk(name, 3).with(BlkFeatures.FLUSH));
        for (int queue = 0; queue < 3; queue++) {
            done(node.setUp(queue, 32 << queue));
        }
        daemon = Daemon.of(node);
        done(daemon.during(rig.attach(name)));
        daemon.transcript();
    }

    private NetlinkAttributes ask(int command) throws Exception {
        var reply = rig.host().vdpa(command, false, named().build(), Rig.PATIENCE);
        assertThat(reply.errno()).isZero();
        assertThat(reply.messages()).hasSize(1);
        assertThat(reply.messages().getFirst().command())
                .isEqualTo(command == VdpaNetlink.VDPA_CMD_DEV_GET ? VdpaNetlink.VDPA_CMD_DEV_NEW : command);
        return reply.messages().getFirst().attributes();
    }

    private NetlinkAttributes.Builder named() {
        return NetlinkAttributes.builder().string(VdpaAttribute.VDPA_ATTR_DEV_NAME, name);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void aDeviceIsAttachedOnce() throws Exception {
        refused(rig.attachOrDetach(VdpaNetlink.VDPA_CMD_DEV_NEW, name), Errno.EEXIST);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void theDeviceAsTheBusHasIt() throws Exception {
        var answer = ask(VdpaNetlink.VDPA_CMD_DEV_GET);
        assertThat(answer.string(VdpaAttribute.VDPA_ATTR_DEV_NAME)).contains(name);
        assertThat(answer.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME)).contains("vduse");
        assertThat(answer.u32(VdpaAttribute.VDPA_ATTR_DEV_ID)).hasValue(DeviceConfig.BLOCK);
        assertThat(answer.u32(VdpaAttribute.VDPA_ATTR_DEV_VENDOR_ID)).hasValue(DeviceConfig.VENDOR);
        assertThat(answer.u32(VdpaAttribute.VDPA_ATTR_DEV_MAX_VQS)).hasValue(3);
        assertThat(answer.u16(VdpaAttribute.VDPA_ATTR_DEV_MAX_VQ_SIZE)).hasValue(128);
        assertThat(answer.u16(VdpaAttribute.VDPA_ATTR_DEV_MIN_VQ_SIZE)).hasValue(1);
    }

    @Test
    @Rule("6.2")
    void allDevicesAreOne() throws Exception {
        var reply = rig.host().vdpa(VdpaNetlink.VDPA_CMD_DEV_GET, true, new byte[0], Rig.PATIENCE);
        assertThat(reply.messages())
                .extracting(message -> message.attributes().string(VdpaAttribute.VDPA_ATTR_DEV_NAME))
                .containsExactly(Optional.of(name));
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void theConfigurationTellsWhatWasNegotiated() throws Exception {
        var answer = ask(VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET);
        assertThat(answer.string(VdpaAttribute.VDPA_ATTR_DEV_NAME)).contains(name);
        assertThat(answer.u32(VdpaAttribute.VDPA_ATTR_DEV_ID)).hasValue(DeviceConfig.BLOCK);
        assertThat(answer.u64(VdpaAttribute.VDPA_ATTR_DEV_FEATURES)).hasValue(DeviceConfig.PLAIN | BlkFeatures.FLUSH);
        assertThat(answer.u64(VdpaAttribute.VDPA_ATTR_DEV_NEGOTIATED_FEATURES)).hasValue(node.features());
        assertThat(answer.u64(VdpaAttribute.VDPA_ATTR_DEV_BLK_CFG_CAPACITY)).hasValue(0);
        assertThat(answer.u8(VdpaAttribute.VDPA_ATTR_DEV_BLK_READ_ONLY)).hasValue(0);
        assertThat(answer.u8(VdpaAttribute.VDPA_ATTR_DEV_BLK_FLUSH)).hasValue(1);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void nothingIsNegotiatedBeforeADriverWorks() throws Exception {
        daemon.during(Rig.aside(() -> {
            rig.host().bind(name, "vhost_vdpa");
            return true;
        }));
        var answer = ask(VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET);
        assertThat(answer.u64(VdpaAttribute.VDPA_ATTR_DEV_FEATURES)).hasValue(DeviceConfig.PLAIN | BlkFeatures.FLUSH);
        assertThat(answer.u64(VdpaAttribute.VDPA_ATTR_DEV_NEGOTIATED_FEATURES)).isEmpty();
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void thereAreNoStatistics() throws Exception {
        refused(rig.bus(VSTATS_GET, named().u32(QUEUE_INDEX, 0)), Errno.EOPNOTSUPP);
    }

    @Test
    @Rule(value = "6.3", item = 17)
    void aDetachedDeviceIsNotThere() throws Exception {
        done(daemon.during(rig.detach(name)));
        assertThat(rig.host().isAttached(name)).isFalse();
        refused(rig.attachOrDetach(VdpaNetlink.VDPA_CMD_DEV_DEL, name), Errno.ENODEV);
        refused(rig.bus(VdpaNetlink.VDPA_CMD_DEV_GET, named()), Errno.ENODEV);
        assertThat(rig.host().consumer(name)).isEmpty();
    }

    @Test
    @Rule("6.1")
    void aDeviceHasADisk() throws Exception {
        assertThat(rig.host().isAttached(name)).isTrue();
        var consumer = rig.host().consumer(name).orElseThrow();
        assertThat(consumer.size()).hasValue(0);
        assertThat(consumer.node()).isNotEmpty();
    }

    @Test
    @Rule("6.1")
    void adeviceChangesHandsAndComesBack() throws Exception {
        daemon.during(Rig.aside(() -> {
            rig.host().bind(name, "vhost_vdpa");
            return true;
        }));
        assertThat(daemon.transcript()).isEqualTo(List.of("status 0x00", "status 0x01"));
        assertThat(rig.host().consumer(name).orElseThrow().size()).isEmpty();
        assertThat(rig.host().isAttached(name)).isTrue();
        daemon.during(Rig.aside(() -> {
            rig.host().bind(name, "virtio_vdpa");
            return true;
        }));
        assertThat(daemon.transcript())
                .isEqualTo(List.of("status 0x00", "status 0x01", "status 0x03", "status 0x0b", "status 0x0f"));
        assertThat(rig.host().consumer(name).orElseThrow().size()).hasValue(0);
    }

    @Test
    @Rule("6.1")
    void theDriverThatHasItAlreadyIsNotAskedAgain() throws Exception {
        rig.host().bind(name, "virtio_vdpa");
        assertThat(node.raw().poll(1, 0)).isZero();
    }

    @Test
    @Rule("6.1")
    void aDriverThatIsNotThere() {
        assertThat(catchThrowableOfType(LinuxException.class, () -> rig.host().bind(name, "no_vdpa"))
                        .errno())
                .isEqualTo(Errno.ENODEV);
        assertThat(rig.host().isAttached(name)).isTrue();
    }

    @Test
    @Rule("7.2")
    void anotherLifeIsLikeTheFirst() throws Exception {
        done(daemon.during(rig.detach(name)));
        daemon.transcript();
        done(daemon.during(rig.attach(name)));
        assertThat(daemon.transcript())
                .isEqualTo(List.of("status 0x00", "status 0x01", "status 0x03", "status 0x0b", "status 0x0f"));
        assertThat(node.info(0).num()).isEqualTo(32);
    }
}
