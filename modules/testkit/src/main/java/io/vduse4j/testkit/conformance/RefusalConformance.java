package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A daemon that says no: what the driver does then. */
public abstract class RefusalConformance extends Cases {
    /** For subclasses. */
    protected RefusalConformance() {}

    /** Attaches a disk whose daemon refuses a status the first time, and returns what it heard. */
    private List<String> refusing(int status) throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config).setUpAll(1, 64);
        var refused = new boolean[1];
        var daemon = Daemon.refusing(node, request -> {
            boolean first = !refused[0] && request.text().equals(Request.status(status));
            refused[0] |= first;
            return first;
        });
        done(daemon.during(rig.attach(config.name())));
        return daemon.transcript();
    }

    @Test
    @Rule(value = "7.1", item = 14)
    void featuresThatAreRefusedEndTheProbe() throws Exception {
        assertThat(refusing(0x0b))
                .containsExactly("status 0x00", "status 0x01", "status 0x03", "status 0x0b", "status 0x83");
    }

    @Test
    @Rule("7.1")
    void aResetThatIsRefusedIsDoneAllTheSame() throws Exception {
        assertThat(refusing(0x00))
                .containsExactly("status 0x00", "status 0x01", "status 0x03", "status 0x0b", "status 0x0f");
    }

    @Test
    @Rule("7.1")
    void anAcknowledgementThatIsRefusedIsMissingInWhatFollows() throws Exception {
        assertThat(refusing(0x01))
                .containsExactly("status 0x00", "status 0x01", "status 0x02", "status 0x0a", "status 0x0e");
    }

    @Test
    @Rule("7.1")
    void aDriverThatIsRefusedIsMissingInWhatFollows() throws Exception {
        assertThat(refusing(0x03))
                .containsExactly("status 0x00", "status 0x01", "status 0x03", "status 0x09", "status 0x0d");
    }

    @Test
    @Rule("7.1")
    void aDriverThatIsRefusedItsOkSaysItAgain() throws Exception {
        assertThat(refusing(0x0f))
                .containsExactly(
                        "status 0x00", "status 0x01", "status 0x03", "status 0x0b", "status 0x0f", "status 0x0f");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 0x100, -1})
    @Rule("1.4")
    void everyResultButZeroIsARefusal(int result) throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config).setUpAll(1, 64);
        var attach = rig.attach(config.name());
        node.accept(0x00, 0x01, 0x03);
        Answers.answers(node.reply(node.next(0x0b).id(), result), 152);
        node.accept(0x83);
        done(Rig.finish(attach));
    }

    @Test
    @Rule(value = "7.1", item = 14)
    void aDeviceWhoseFeaturesWereRefusedHasNoDiskAndGoesInSilence() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config).setUpAll(1, 64);
        var daemon = Daemon.refusing(node, request -> request.text().equals("status 0x0b"));
        done(daemon.during(rig.attach(config.name())));
        assertThat(rig.host().isAttached(config.name())).isTrue();
        assertThat(rig.host().consumer(config.name())).isEmpty();
        assertThat(node.info(0).ready()).isFalse();
        daemon.transcript();
        done(daemon.during(rig.detach(config.name())));
        assertThat(daemon.transcript()).isEmpty();
    }

    @Test
    @Rule("7.2")
    void aResetThatIsRefusedAtTheEndIsDoneAllTheSame() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var node = rig.device(config).setUpAll(1, 64);
        done(Daemon.of(node).during(rig.attach(config.name())));
        assertThat(node.info(0).ready()).isTrue();
        var daemon = Daemon.refusing(node, _ -> true);
        done(daemon.during(rig.detach(config.name())));
        assertThat(daemon.transcript()).containsExactly("status 0x00", "status 0x01");
        assertThat(node.info(0)).isEqualTo(VqInfo.NONE);
        assertThat(node.features()).isZero();
    }
}
