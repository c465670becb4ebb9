package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.testkit.VhostLayout;
import io.vduse4j.virtio.blk.BlkConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** vhost-vdpa: opening and closing, the status, features and the configuration space. */
public abstract class VhostDeviceConformance extends VhostCases {
    /** For subclasses. */
    protected VhostDeviceConformance() {}

    @Test
    @Rule(value = "8.1", item = 16)
    void openingAndClosingAreResets() throws Exception {
        vhost.close();
        assertThat(heard()).containsExactly("status 0x00");
        vhost = openAgain(daemon);
        assertThat(heard()).containsExactly("status 0x00");
        assertThat(vhost.status()).isZero();
    }

    @Test
    @Rule(value = "8.1", item = 16)
    void itIsOpenedOnce() throws Exception {
        assertThat(catchThrowableOfType(LinuxException.class, () -> rig.vhost(name))
                        .errno())
                .isEqualTo(Errno.EBUSY);
        assertThat(node.raw().poll(1, 0)).isZero();
    }

    @Test
    @Rule("8.1")
    void aResetThatIsRefusedIsNoOpening() throws Exception {
        vhost.close();
        var refusing = Daemon.refusing(node, _ -> true);
        assertThat(catchThrowableOfType(LinuxException.class, () -> openAgain(refusing))
                        .errno())
                .isEqualTo(Errno.EIO);
        assertThat(openAgain(daemon).status()).isZero();
    }

    @Test
    @Rule("8.1")
    void theNodeGoesOnlyWhenItIsClosed() throws Exception {
        var detach = rig.detach(name);
        Rig.pause(300);
        assertThat(detach).isNotDone();
        vhost.close();
        done(daemon.during(detach));
        assertThat(rig.host().isAttached(name)).isFalse();
    }

    @Test
    @Rule("8.2")
    void whatTheDeviceIs() throws Exception {
        assertThat(vhost.get(VhostLayout.VDPA_GET_DEVICE_ID, 4)).isEqualTo(DeviceConfig.BLOCK);
        assertThat(vhost.get(VhostLayout.VDPA_GET_VQS_COUNT, 4)).isEqualTo(QUEUES);
        assertThat(vhost.get(VhostLayout.VDPA_GET_VRING_NUM, 2)).isEqualTo(128);
        assertThat(vhost.get(VhostLayout.VDPA_GET_CONFIG_SIZE, 4)).isEqualTo(BlkConfig.BYTES);
        assertThat(vhost.get(VhostLayout.GET_FEATURES, 8)).isEqualTo(DeviceConfig.PLAIN);
        assertThat(vhost.get(VhostLayout.VDPA_GET_AS_NUM, 4)).isEqualTo(1);
        assertThat(vhost.get(VhostLayout.VDPA_GET_GROUP_NUM, 4)).isEqualTo(1);
        var range = rig.bytes(16);
        done(vhost.call(VhostLayout.VDPA_GET_IOVA_RANGE, range));
        assertThat(range.get(JAVA_LONG, 0)).isZero();
        assertThat(range.get(JAVA_LONG, 8)).isEqualTo(-1);
        assertThat(heard()).isEmpty();
    }

    @Test
    @Rule("8.2")
    void featuresOfTheBackEnd() throws Exception {
        assertThat(vhost.get(VhostLayout.GET_BACKEND_FEATURES, 8)).isEqualTo(0xe);
        done(vhost.set(VhostLayout.SET_BACKEND_FEATURES, 0xe));
        // ENABLE_AFTER_DRIVER_OK is not offered, but taken.
        done(vhost.set(VhostLayout.SET_BACKEND_FEATURES, 1 << 6));
        done(vhost.set(VhostLayout.SET_BACKEND_FEATURES, 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1 << 4, 1 << 5, 1 << 8, 1 << 9, 1L << 40, -1, 1 << 7 | 1 << 3})
    @Rule("8.2")
    void featuresOfTheBackEndThatItDoesNotHave(long features) throws Exception {
        refused(vhost.set(VhostLayout.SET_BACKEND_FEATURES, features), Errno.EOPNOTSUPP);
    }

    @Test
    @Rule("8.2")
    void spacesOfDescriptorsNeedSpaces() throws Exception {
        refused(vhost.set(VhostLayout.SET_BACKEND_FEATURES, 1 << 7), Errno.EINVAL);
    }

    @Test
    @Rule("8.2")
    void itIsOwnedOnce() throws Exception {
        refused(vhost.call(VhostLayout.SET_OWNER), Errno.EBUSY);
    }

    @Test
    @Rule("8.2")
    void everyStatusIsAMessage() throws Exception {
        vhost.start(0x01, 0x03, 0x0b, 0x0f, 0x0f);
        assertThat(heard()).containsExactly("status 0x01", "status 0x03", "status 0x0b", "status 0x0f", "status 0x0f");
        assertThat(vhost.status()).isEqualTo(0x0f);
        done(vhost.setStatus(0));
        assertThat(heard()).containsExactly("status 0x00");
        assertThat(vhost.status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x02, 0x08, 0x0c, 0x80})
    @Rule("8.2")
    void bitsOfTheStatusDoNotGoOneByOne(int status) throws Exception {
        vhost.start(0x03);
        heard();
        refused(vhost.setStatus(status), Errno.EINVAL);
        assertThat(heard()).isEmpty();
        assertThat(vhost.status()).isEqualTo(0x03);
    }

    @Test
    @Rule("8.2")
    void aStatusThatIsRefusedIsNotSaidToBe() throws Exception {
        vhost.start(0x03);
        refusing(_ -> true);
        done(vhost.setStatus(0x0b));
        assertThat(vhost.status()).isEqualTo(0x03);
    }

    @Test
    @Rule("8.2")
    void aResetThatIsRefusedIsAnErrorAndDone() throws Exception {
        vhost.start(0x03, 0x0b);
        refusing(_ -> true);
        refused(vhost.setStatus(0), Errno.EIO);
        assertThat(vhost.status()).isZero();
    }

    @Test
    @Rule("8.2")
    void featuresAreChosenBeforeFeaturesOk() throws Exception {
        vhost.start(0x01, 0x03);
        done(vhost.set(VhostLayout.SET_FEATURES, 1L << 32));
        assertThat(node.features()).isEqualTo(1L << 32);
        done(vhost.set(VhostLayout.SET_FEATURES, DeviceConfig.PLAIN));
        assertThat(node.features()).isEqualTo(DeviceConfig.PLAIN);
        vhost.start(0x0b);
        refused(vhost.set(VhostLayout.SET_FEATURES, 0), Errno.EBUSY);
        assertThat(node.features()).isEqualTo(DeviceConfig.PLAIN);
        assertThat(vhost.get(VhostLayout.GET_FEATURES, 8)).isEqualTo(DeviceConfig.PLAIN);
        done(vhost.setStatus(0));
        assertThat(node.features()).isZero();
    }

    @Test
    @Rule("4.1")
    void featuresThatTheDeviceDoesNotHaveAreTaken() throws Exception {
        done(vhost.set(VhostLayout.SET_FEATURES, -1));
        assertThat(node.features()).isEqualTo(-1);
    }

    @Test
    @Rule("8.2")
    void theConfigurationIsReadAndNotWritten() throws Exception {
        done(node.setConfig(BlkConfig.CAPACITY, 3, (byte) 1, (byte) 2, (byte) 3));
        var config = vhost.config(1, 59, 59);
        done(vhost.call(VhostLayout.VDPA_GET_CONFIG, config));
        assertThat(config.asSlice(8, 4).toArray(JAVA_BYTE)).containsExactly(2, 3, 0, 0);
        config.set(JAVA_INT, 8, 0x7777);
        done(vhost.call(VhostLayout.VDPA_SET_CONFIG, config));
        done(vhost.call(VhostLayout.VDPA_GET_CONFIG, config));
        assertThat(config.asSlice(8, 4).toArray(JAVA_BYTE)).containsExactly(2, 3, 0, 0);
        assertThat(heard()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "60, 0", "60, 1", "59, 2", "0, 61", "-1, 1", "-1, 2", "0, -1", "1, -1"})
    @Rule("8.2")
    void partsOfTheConfigurationThatAreNotThere(int offset, int length) throws Exception {
        refused(vhost.call(VhostLayout.VDPA_GET_CONFIG, vhost.config(offset, length, 128)), Errno.EINVAL);
        refused(vhost.call(VhostLayout.VDPA_SET_CONFIG, vhost.config(offset, length, 128)), Errno.EINVAL);
    }

    @Test
    @Rule("8.2")
    void nothingIsSuspendedBeforeItRuns() throws Exception {
        done(vhost.call(VhostLayout.VDPA_SUSPEND));
        vhost.start(0x0b);
        done(vhost.call(VhostLayout.VDPA_SUSPEND));
        assertThat(node.raw().poll(1, 0)).isZero();
    }

    @Test
    @Rule("8.2")
    void whatRunsCannotBeSuspended() throws Exception {
        vhost.start(0x0f);
        refused(vhost.call(VhostLayout.VDPA_SUSPEND), Errno.EOPNOTSUPP);
        refused(vhost.call(VhostLayout.VDPA_RESUME), Errno.EOPNOTSUPP);
    }
}
