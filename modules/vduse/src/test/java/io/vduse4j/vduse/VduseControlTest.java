package io.vduse4j.vduse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VduseControlTest {
    private static final long ACCESS_PLATFORM = 1L << 33;
    private static final long CONFIG_WCE = 1L << 11;

    private final FakeHost host = new FakeHost();

    private static DeviceSpec spec(String name, long features, int vqNum, int vqAlign, int configSize) {
        return new DeviceSpec(name, 0, 2, features, vqNum, vqAlign, new byte[configSize]);
    }

    private VduseControl open() throws Exception {
        var control = VduseControl.open(host);
        host.node.calls.clear();
        return control;
    }

    @Test
    void selectsVersionZeroAndNeverAsksForTheVersion() throws Exception {
        try (var control = VduseControl.open(host)) {
            assertThat(control.apiVersion()).isZero();
        }
        assertThat(host.log).containsExactly("open control");
        var call = host.node.only();
        assertThat(call.request()).isEqualTo(VduseIoctl.VDUSE_SET_API_VERSION);
        assertThat(call.bytes()).isEqualTo(new byte[8]);
        assertThat(host.node.closed).isTrue();
    }

    @Test
    void closesTheNodeWhenTheVersionIsRefused() {
        host.node.answer(-Errno.EINVAL);
        refused(() -> VduseControl.open(host), Errno.EINVAL, "control", "does not speak this API version");
        assertThat(host.node.closed).isTrue();
    }

    @Test
    void encodesTheDeviceAndItsConfiguration() throws Exception {
        var config = new byte[] {1, 2, 3, 4, 5};
        var spec = new DeviceSpec("disk0", 0x1af4, 2, ACCESS_PLATFORM | 1L << 63, 3, 4096, config);
        config[0] = 99;
        open().create(spec);
        var call = host.node.only();
        assertThat(call.request()).isEqualTo(VduseIoctl.VDUSE_CREATE_DEV);
        assertThat(call.bytes())
                .isEqualTo(Bytes.zeros(341)
                        .raw(0, "disk0".getBytes(StandardCharsets.UTF_8))
                        .u32(256, 0x1af4)
                        .u32(260, 2)
                        .u64(264, ACCESS_PLATFORM | 1L << 63)
                        .u32(272, 3)
                        .u32(276, 4096)
                        .u32(332, 5)
                        .raw(336, (byte) 1, (byte) 2, (byte) 3, (byte) 4, (byte) 5)
                        .array());
    }

    @Test
    void versionOneHasGroupsAddressSpacesAndFeatures() throws Exception {
        var control = VduseControl.open(host, 1);
        assertThat(control.apiVersion()).isEqualTo(1);
        assertThat(host.node.only().bytes()).isEqualTo(Bytes.zeros(8).u64(0, 1).array());
        host.node.calls.clear();
        control.create(spec("a", ACCESS_PLATFORM, 2, 4096, 0), 3, 4);
        control.create(spec("a", ACCESS_PLATFORM, 2, 4096, 0));
        assertThat(host.node.calls.get(0).bytes())
                .isEqualTo(Bytes.zeros(336)
                        .u8(0, 'a')
                        .u32(260, 2)
                        .u64(264, ACCESS_PLATFORM)
                        .u32(272, 2)
                        .u32(276, 4096)
                        .u32(280, 3)
                        .u32(284, 4)
                        .array());
        assertThat(host.node.calls.get(1).bytes()[280]).isEqualTo((byte) 1);
        host.node.calls.clear();
        control.selectFeatures(3);
        assertThat(host.node.only().request()).isEqualTo(VduseApi1.VDUSE_SET_FEATURES);
        host.node.answer(-Errno.EINVAL);
        refused(() -> control.selectFeatures(4), Errno.EINVAL, "control", "VDUSE features");
        var old = open();
        invalid(() -> old.create(spec("a", ACCESS_PLATFORM, 2, 4096, 0), 2, 1), "API version 1");
    }

    @Test
    void destroyGives256BytesWhateverTheName() throws Exception {
        open().destroy("x");
        var call = host.node.only();
        assertThat(call.request()).isEqualTo(VduseIoctl.VDUSE_DESTROY_DEV);
        assertThat(call.bytes()).isEqualTo(Bytes.zeros(256).u8(0, 'x').array());
    }

    @Test
    void saysWhatTheKernelWouldOnlyCallInvalid() throws Exception {
        var control = open();
        long good = ACCESS_PLATFORM;
        invalid(() -> control.create(spec("a", 0, 1, 4096, 0)), "ACCESS_PLATFORM");
        invalid(() -> control.create(spec("a", good | CONFIG_WCE, 1, 4096, 0)), "CONFIG_WCE");
        invalid(() -> control.create(spec("a", good, 0, 4096, 0)), "number of virtqueues is 0");
        invalid(() -> control.create(spec("a", good, 0x10000, 4096, 0)), "number of virtqueues is 65536");
        invalid(() -> control.create(spec("a", good, 1, 0, 0)), "alignment of virtqueues is 0");
        invalid(() -> control.create(spec("a", good, 1, 2, 0)), "alignment of virtqueues is 2");
        invalid(() -> control.create(spec("a", good, 1, 96, 0)), "alignment of virtqueues is 96");
        invalid(() -> control.create(spec("a", good, 1, 8192, 0)), "alignment of virtqueues is 8192");
        invalid(() -> control.create(spec("a", good, 1, Integer.MIN_VALUE, 0)), "alignment of virtqueues");
        invalid(() -> control.create(spec("a", good, 1, 4096, 4097)), "has 4097 bytes");
        invalid(() -> control.create(spec("control", good, 1, 4096, 0)), "/dev/vduse/control");
        assertThat(host.node.calls).isEmpty();
        control.create(spec("a", good, 0xffff, 4, 4096));
        // CONFIG_WCE means something else to other device types.
        control.create(new DeviceSpec("fs", 0, 26, good | CONFIG_WCE, 1, 4096, new byte[0]));
        assertThat(host.node.calls).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "/", "a\0b", "a\nb", "../control"})
    void refusesWhatIsNoNameBeforeAnyCall(String name) throws Exception {
        var control = open();
        invalid(() -> control.create(spec(name, ACCESS_PLATFORM, 1, 4096, 0)), "the name of a device");
        invalid(() -> control.destroy(name), "the name of a device");
        assertThat(host.node.calls).isEmpty();
    }

    @Test
    void measuresNamesInBytes() throws Exception {
        var control = open();
        control.destroy("n".repeat(255));
        assertThat(host.node.only().bytes()[254]).isEqualTo((byte) 'n');
        assertThat(host.node.only().bytes()[255]).isZero();
        control.destroy("ä".repeat(127));
        invalid(() -> control.destroy("n".repeat(256)), "at most 255 bytes");
        invalid(() -> control.destroy("ä".repeat(128)), "at most 255 bytes");
    }

    @Test
    void errorsNameTheDeviceAndTheWayOut() throws Exception {
        var control = open();
        var good = spec("disk0", ACCESS_PLATFORM, 1, 4096, 0);
        host.node.answer(-Errno.EEXIST).answer(-Errno.EPERM).answer(-Errno.EINVAL);
        refused(() -> control.create(good), Errno.EEXIST, "disk0", "a device of that name exists");
        refused(() -> control.create(good), Errno.EPERM, "disk0", "CAP_NET_ADMIN");
        refused(() -> control.create(good), Errno.EINVAL, "disk0", "device type");
        host.node.answer(-Errno.EBUSY).answer(-Errno.EINVAL);
        refused(() -> control.destroy("disk0"), Errno.EBUSY, "disk0", "attached to the vdpa bus");
        refused(() -> control.destroy("disk0"), Errno.EINVAL, "disk0", "no VDUSE device of that name");
    }

    private static void invalid(ThrowingCallable call, String reason) {
        assertThatThrownBy(call)
                .asInstanceOf(type(LinuxException.class))
                .matches(failure -> failure.errno() == Errno.EINVAL)
                .extracting(Throwable::getMessage)
                .asString()
                .contains(reason);
    }

    private static void refused(ThrowingCallable call, int errno, String object, String hint) {
        assertThatThrownBy(call)
                .asInstanceOf(type(LinuxException.class))
                .matches(failure -> failure.errno() == errno && failure.object().equals(object))
                .extracting(Throwable::getMessage)
                .asString()
                .contains(hint);
    }
}
