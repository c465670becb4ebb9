package io.vduse4j.vduse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.vduse.abi.DevConfigLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The control node: creates and destroys VDUSE devices.
 *
 * <p>Safe for use by several threads; no call waits for a message or a driver.
 */
public final class VduseControl implements AutoCloseable {
    static final String CREATE = "VDUSE_CREATE_DEV";

    private final NodeCalls calls;
    private final long apiVersion;

    private VduseControl(NodeCalls calls, long apiVersion) {
        this.calls = calls;
        this.apiVersion = apiVersion;
    }

    /**
     * Opens the control node and selects API version 0.
     *
     * @param host where the node lives
     * @throws IOException a {@link io.vduse4j.linux.LinuxException}: ENOENT when VDUSE is not there, EACCES without the
     *     permission
     */
    public static VduseControl open(VduseHost host) throws IOException {
        return open(host, VduseAbi.VDUSE_API_VERSION);
    }

    /**
     * Opens the control node and selects an API version.
     *
     * @param host where the node lives
     * @param apiVersion 0, or {@link VduseApi1#VDUSE_API_VERSION_1} for groups and address spaces (kernel 7.0)
     * @throws IOException a {@link io.vduse4j.linux.LinuxException}: EINVAL when the kernel does not speak the version,
     *     and as above
     */
    public static VduseControl open(VduseHost host, long apiVersion) throws IOException {
        var node = host.open(NodeName.CONTROL);
        var control = new VduseControl(new NodeCalls(node, NodeName.CONTROL), apiVersion);
        try (var arena = Arena.ofConfined()) {
            // Never VDUSE_GET_API_VERSION: since kernel 7.0 asking for the version switches the descriptor to version
            // 1,
            // and devices created through it to another ABI (kernel-behaviour 2.2).
            var version = arena.allocateFrom(JAVA_LONG, apiVersion);
            control.calls.ioctl("VDUSE_SET_API_VERSION", VduseIoctl.VDUSE_SET_API_VERSION, version);
            return control;
        } catch (IOException | RuntimeException failure) {
            node.close();
            throw failure;
        }
    }

    /** The API version that the kernel has accepted. */
    public long apiVersion() {
        return apiVersion;
    }

    /**
     * Chooses VDUSE features for the devices that are created from now on.
     *
     * @param features masks as {@link VduseApi1#VDUSE_F_QUEUE_READY}
     * @throws IOException a {@link io.vduse4j.linux.LinuxException}: EINVAL when the kernel does not have them all
     */
    public void selectFeatures(long features) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocateFrom(JAVA_LONG, features);
            calls.ioctl("VDUSE_SET_FEATURES", VduseApi1.VDUSE_SET_FEATURES, argument);
        }
    }

    /**
     * Creates a device, in API version 1 with one group and one address space. Its node appears; nobody uses it before it
     * is attached to the vdpa bus.
     *
     * @throws IOException a {@link io.vduse4j.linux.LinuxException}: EINVAL with the reason, EEXIST when the name is
     *     taken, EPERM for a device type that needs CAP_NET_ADMIN
     */
    public void create(DeviceSpec spec) throws IOException {
        create(spec, 1, 1);
    }

    /**
     * Creates a device with groups and address spaces; {@link VduseGroups} has the calls that they need.
     *
     * @param groups groups of virtqueues, 1 to 65535; in API version 0 there is one
     * @param addressSpaces address spaces, 1 to 65535; in API version 0 there is one
     * @throws IOException as above
     */
    public void create(DeviceSpec spec, int groups, int addressSpaces) throws IOException {
        spec.check();
        if (apiVersion == 0 && (groups != 1 || addressSpaces != 1)) {
            throw new LinuxException(CREATE, spec.name(), Errno.EINVAL, "groups and address spaces need API version 1");
        }
        var config = spec.config();
        try (var arena = Arena.ofConfined()) {
            var argument = arena.allocate(DevConfigLayout.SIZE + config.length, Long.BYTES);
            argument.setString(DevConfigLayout.NAME, spec.name());
            argument.set(JAVA_INT, DevConfigLayout.VENDOR_ID, spec.vendorId());
            argument.set(JAVA_INT, DevConfigLayout.DEVICE_ID, spec.deviceId());
            argument.set(JAVA_LONG, DevConfigLayout.FEATURES, spec.features());
            argument.set(JAVA_INT, DevConfigLayout.VQ_NUM, spec.vqNum());
            argument.set(JAVA_INT, DevConfigLayout.VQ_ALIGN, spec.vqAlign());
            if (apiVersion >= VduseApi1.VDUSE_API_VERSION_1) {
                argument.set(JAVA_INT, VduseApi1.DEV_CONFIG_NGROUPS, groups);
                argument.set(JAVA_INT, VduseApi1.DEV_CONFIG_NAS, addressSpaces);
            }
            argument.set(JAVA_INT, DevConfigLayout.CONFIG_SIZE, config.length);
            MemorySegment.copy(config, 0, argument, JAVA_BYTE, DevConfigLayout.CONFIG, config.length);
            calls.ioctl(CREATE, VduseIoctl.VDUSE_CREATE_DEV, argument, spec.name());
        }
    }

    /**
     * Destroys a device that is neither attached to the vdpa bus nor open. The kernel lets go of a device shortly after
     * it left the bus, so EBUSY just then is worth another try (kernel-behaviour 2.2).
     *
     * @throws IOException a {@link io.vduse4j.linux.LinuxException}: EINVAL when there is no such device, EBUSY
     */
    public void destroy(String name) throws IOException {
        var call = "VDUSE_DESTROY_DEV";
        NodeName.check(call, name);
        try (var arena = Arena.ofConfined()) {
            // The kernel reads all 256 bytes whatever the name's length.
            var argument = arena.allocate(VduseAbi.VDUSE_NAME_MAX);
            argument.setString(0, name);
            calls.ioctl(call, VduseIoctl.VDUSE_DESTROY_DEV, argument, name);
        }
    }

    @Override
    public void close() {
        calls.node().close();
    }
}
