package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.answers;
import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.testkit.VhostLayout;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.NodeName;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** vhost-vdpa on a device of API version 1: groups in address spaces, queues that tell, and suspension. */
public abstract class VhostVersion1Conformance extends Cases {
    private static final long PIECE = 64 << 10;

    private Node node;
    private Daemon daemon;
    private VhostClient vhost;

    /** For subclasses. */
    protected VhostVersion1Conformance() {}

    @BeforeEach
    void openVhost() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 2);
        var control = rig.keep(rig.host().open(NodeName.CONTROL));
        done(control.ioctl(VduseIoctl.VDUSE_SET_API_VERSION, rig.arena().allocateFrom(JAVA_LONG, 1)));
        done(control.ioctl(VduseApi1.VDUSE_SET_FEATURES, rig.arena().allocateFrom(JAVA_LONG, 3)));
        var bytes = config.encode(rig.arena());
        bytes.set(JAVA_INT, VduseApi1.DEV_CONFIG_NGROUPS, 2);
        bytes.set(JAVA_INT, VduseApi1.DEV_CONFIG_NAS, 2);
        done(rig.create(control, config.name(), bytes));
        node = rig.open(config.name()).setUpAll(2, 64);
        daemon = Daemon.of(node);
        done(daemon.during(rig.attach(config.name())));
        daemon.during(Rig.aside(() -> {
            rig.host().bind(config.name(), "vhost_vdpa");
            return true;
        }));
        vhost = new VhostClient(daemon.during(Rig.aside(() -> rig.vhost(config.name()))), rig.arena(), daemon);
        done(vhost.call(VhostLayout.SET_OWNER));
        daemon.transcript();
    }

    private List<String> heard() {
        return daemon.transcript();
    }

    private void refusing() {
        vhost.answeredBy(Daemon.refusing(node, _ -> true));
    }

    @Test
    @Rule("8.2")
    void groupsAndSpacesAreTold() throws Exception {
        assertThat(vhost.get(VhostLayout.VDPA_GET_AS_NUM, 4)).isEqualTo(2);
        assertThat(vhost.get(VhostLayout.VDPA_GET_GROUP_NUM, 4)).isEqualTo(2);
        assertThat(vhost.get(VhostLayout.GET_BACKEND_FEATURES, 8)).isEqualTo(0x1e);
    }

    @Test
    @Rule("1.4")
    void aGroupChangesItsSpaceByAMessage() throws Exception {
        done(vhost.set(VhostLayout.VDPA_SET_GROUP_ASID, 1, 1));
        assertThat(heard()).containsExactly("group 1 in 1");
        refused(vhost.set(VhostLayout.VDPA_SET_GROUP_ASID, 1, 2), Errno.EINVAL);
        assertThat(heard()).isEmpty();
        refusing();
        refused(vhost.set(VhostLayout.VDPA_SET_GROUP_ASID, 1, 0), Errno.EIO);
    }

    @Test
    @Rule("8.2")
    void aGroupOfARunningDeviceStaysInItsSpace() throws Exception {
        vhost.start(0x0f);
        heard();
        refused(vhost.set(VhostLayout.VDPA_SET_GROUP_ASID, 1, 1), Errno.EBUSY);
        assertThat(heard()).isEmpty();
    }

    @Test
    @Rule("1.4")
    void enablingAQueueIsAMessage() throws Exception {
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 1, 1));
        assertThat(heard()).containsExactly("ready 1 1");
        assertThat(node.info(1).ready()).isTrue();
        done(vhost.set(VhostLayout.VDPA_SET_VRING_ENABLE, 1, 0));
        assertThat(heard()).containsExactly("ready 1 0");
        assertThat(node.info(1).ready()).isFalse();
    }

    @Test
    @Rule("4.1")
    void aSuspendedDeviceIsNotInterrupted() throws Exception {
        vhost.start(0x0f);
        heard();
        done(node.injectConfig());
        done(vhost.call(VhostLayout.VDPA_SUSPEND));
        assertThat(heard()).containsExactly("suspend");
        refused(node.inject(0), Errno.EINVAL);
        refused(node.injectConfig(), Errno.EINVAL);
        done(vhost.setStatus(0));
        vhost.start(0x0f);
        done(node.injectConfig());
    }

    @Test
    @Rule("1.4")
    void aSuspensionThatIsRefusedIsNone() throws Exception {
        vhost.start(0x0f);
        refusing();
        refused(vhost.call(VhostLayout.VDPA_SUSPEND), Errno.EIO);
        done(node.injectConfig());
    }

    @Test
    @Rule("1.4")
    void aMappingNamesItsSpace() throws Exception {
        try (var file = Memfd.create("conformance", PIECE);
                var mapping = Mapping.shared(file, 0, PIECE, true, true)) {
            vhost.node().registerMemory(mapping.address(), PIECE, file);
            done(vhost.set(VhostLayout.SET_BACKEND_FEATURES, 0xe));
            var message = vhost.message(VhostClient.UPDATE, 4096, PIECE, mapping.address(), 3);
            message.set(JAVA_INT, 4, 1);
            var call = Rig.aside(() -> vhost.node().write(message));
            var request = node.next();
            assertThat(request.text()).isEqualTo("iotlb");
            assertThat(request.u32(VduseApi1.REQUEST_IOVA_ASID)).isEqualTo(1);
            node.accept(request);
            answers(Rig.finish(call).intValue(), VhostClient.MESSAGE);
            refused(node.getFd(node.range(0, -1)), Errno.EINVAL);
        }
    }
}
