package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The attributes of a device: {@code msg_timeout} and {@code bounce_size}. */
public abstract class AttributeConformance extends Cases {
    private static final String TIMEOUT = "msg_timeout";
    private static final String BOUNCE = "bounce_size";

    /** For subclasses. */
    protected AttributeConformance() {}

    private String create() {
        var config = DeviceConfig.disk(Rig.name(), 1);
        done(rig.create(config));
        return config.name();
    }

    private static int errno(ThrowingCallable call) {
        return catchThrowableOfType(LinuxException.class, call).errno();
    }

    @Test
    @Rule("2.2")
    void aNewDeviceHasTheDefaults() throws Exception {
        var name = create();
        assertThat(rig.host().readAttribute(name, TIMEOUT)).isEqualTo("30");
        assertThat(rig.host().readAttribute(name, BOUNCE)).isEqualTo("67108864");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "4294967295, 4294967295", "+7, 7", "0007, 7", "00000000000000007, 7"})
    @Rule("3.2")
    void timeoutsThatAreTaken(String written, String read) throws Exception {
        var name = create();
        rig.host().writeAttribute(name, TIMEOUT, written);
        assertThat(rig.host().readAttribute(name, TIMEOUT)).isEqualTo(read);
    }

    @Test
    @Rule("3.2")
    void aLineFeedBehindATimeoutIsNoError() throws Exception {
        var name = create();
        rig.host().writeAttribute(name, TIMEOUT, "12\n");
        assertThat(rig.host().readAttribute(name, TIMEOUT)).isEqualTo("12");
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "-1", "0x10", "1.5", " 1", "1 ", "1s", "+", "--1", "1\n\n"})
    @Rule("3.2")
    void timeoutsThatAreNoNumber(String written) throws Exception {
        var name = create();
        assertThat(errno(() -> rig.host().writeAttribute(name, TIMEOUT, written)))
                .isEqualTo(Errno.EINVAL);
        assertThat(rig.host().readAttribute(name, TIMEOUT)).isEqualTo("30");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4294967296", "18446744073709551615", "18446744073709551616"})
    @Rule("3.2")
    void timeoutsThatAreTooLong(String written) {
        var name = create();
        assertThat(errno(() -> rig.host().writeAttribute(name, TIMEOUT, written)))
                .isEqualTo(Errno.ERANGE);
    }

    @ParameterizedTest
    @CsvSource({"1048576, 1048576", "1073741824, 1073741824", "1048577, 1048576", "1114111, 1110016"})
    @Rule("5.1")
    void bounceSizesThatAreTaken(String written, String read) throws Exception {
        var name = create();
        rig.host().writeAttribute(name, BOUNCE, written);
        assertThat(rig.host().readAttribute(name, BOUNCE)).isEqualTo(read);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1048575", "1073741825", "4294967295", "none", "-1048576", "1M"})
    @Rule("5.1")
    void bounceSizesThatAreRefused(String written) throws Exception {
        var name = create();
        assertThat(errno(() -> rig.host().writeAttribute(name, BOUNCE, written)))
                .isEqualTo(Errno.EINVAL);
        assertThat(rig.host().readAttribute(name, BOUNCE)).isEqualTo("67108864");
    }

    @Test
    @Rule("5.1")
    void aBounceSizeThatIsNoNumberOf32BitsIsOutOfRange() {
        var name = create();
        assertThat(errno(() -> rig.host().writeAttribute(name, BOUNCE, "4294967296")))
                .isEqualTo(Errno.ERANGE);
    }

    @Test
    @Rule("5.1")
    void theBounceSizeIsFixedFromTheFirstAttachOn() throws Exception {
        var config = DeviceConfig.disk(Rig.name(), 1);
        var daemon = Daemon.of(rig.device(config).setUpAll(1, 64));
        rig.host().writeAttribute(config.name(), BOUNCE, "2097152");
        done(daemon.during(rig.attach(config.name())));
        assertThat(errno(() -> rig.host().writeAttribute(config.name(), BOUNCE, "4194304")))
                .isEqualTo(Errno.EPERM);
        assertThat(errno(() -> rig.host().writeAttribute(config.name(), BOUNCE, "1")))
                .isEqualTo(Errno.EPERM);
        rig.host().writeAttribute(config.name(), TIMEOUT, "20");
        done(daemon.during(rig.detach(config.name())));
        assertThat(errno(() -> rig.host().writeAttribute(config.name(), BOUNCE, "4194304")))
                .isEqualTo(Errno.EPERM);
        assertThat(rig.host().readAttribute(config.name(), BOUNCE)).isEqualTo("2097152");
    }

    @Test
    @Rule("3.2")
    void attributesOfNothingAreNotThere() {
        var name = create();
        assertThat(errno(() -> rig.host().readAttribute(name, "no_such_attribute")))
                .isEqualTo(Errno.ENOENT);
        assertThat(errno(() -> rig.host().readAttribute(Rig.name(), TIMEOUT))).isEqualTo(Errno.ENOENT);
        assertThat(errno(() -> rig.host().writeAttribute(Rig.name(), TIMEOUT, "1")))
                .isEqualTo(Errno.ENOENT);
    }

    @Test
    @Rule("3.2")
    void theControlNodeHasNone() {
        assertThat(errno(() -> rig.host().readAttribute("control", TIMEOUT))).isEqualTo(Errno.ENOENT);
        assertThat(errno(() -> rig.host().readAttribute("control", BOUNCE))).isEqualTo(Errno.ENOENT);
    }
}
