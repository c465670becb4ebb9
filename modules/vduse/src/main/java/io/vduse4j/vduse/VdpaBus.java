package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VduseHost;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * The vdpa bus: attaches and detaches devices, and tells what is there.
 *
 * <p>The kernel answers {@link #add} and {@link #delete} only after the driver has finished its probe or removal, for
 * which the device must answer messages and serve its rings, and meanwhile holds up everybody else (kernel-behaviour
 * 6.4). So no call may be made on a thread that serves a device, and each has a time limit, after which it fails with
 * ETIMEDOUT while its system call goes on behind it. Safe for use by several threads.
 */
public final class VdpaBus {
    /** The management device of VDUSE. */
    public static final String VDUSE = "vduse";

    private final VduseHost host;

    /**
     * Speaks to the bus of a host.
     *
     * @param host where the bus lives; not closed by this object
     */
    public VdpaBus(VduseHost host) {
        this.host = host;
    }

    /**
     * Returns what can put devices on the bus.
     *
     * @param timeout longest wait
     * @throws IOException a {@link LinuxException}: ENOENT when the bus is not there, ETIMEDOUT
     */
    public List<VdpaManagementDevice> managementDevices(Duration timeout) throws IOException {
        return all("VDPA_CMD_MGMTDEV_GET", VdpaNetlink.VDPA_CMD_MGMTDEV_GET, timeout, VdpaReplies::managementDevice);
    }

    /**
     * Attaches a VDUSE device. Success does not mean that a driver works with it: a failed probe fails nothing here.
     *
     * @param device name of a VDUSE device whose queues all have a size
     * @param timeout longest wait; a driver's probe reads the partition table
     * @throws IOException a {@link LinuxException}: EPERM, EINVAL, EEXIST, ENODEV, ENOENT, ETIMEDOUT
     */
    public void add(String device, Duration timeout) throws IOException {
        var call = "VDPA_CMD_DEV_NEW";
        int command = VdpaNetlink.VDPA_CMD_DEV_NEW;
        NodeName.check(call, device);
        var attributes = NetlinkAttributes.builder()
                .string(VdpaAttribute.VDPA_ATTR_DEV_NAME, device)
                .string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME, VDUSE)
                .build();
        answered(call, command, device, request(call, command, false, device, attributes, timeout));
    }

    /**
     * Detaches a device. A virtio driver first finishes its requests, so the device must still be served; a device whose
     * {@code /dev/vhost-vdpa-N} is open stays until that is closed.
     *
     * @param device name of the device
     * @param timeout longest wait
     * @throws IOException a {@link LinuxException}: EPERM, ENODEV, ENOENT, ETIMEDOUT
     */
    public void delete(String device, Duration timeout) throws IOException {
        var call = "VDPA_CMD_DEV_DEL";
        int command = VdpaNetlink.VDPA_CMD_DEV_DEL;
        NodeName.check(call, device);
        answered(call, command, device, request(call, command, false, device, named(device), timeout));
    }

    /**
     * Returns all devices of the bus, those of other management devices as well.
     *
     * @param timeout longest wait
     * @throws IOException a {@link LinuxException}: ENOENT when the bus is not there, ETIMEDOUT
     */
    public List<VdpaDevice> devices(Duration timeout) throws IOException {
        return all("VDPA_CMD_DEV_GET", VdpaNetlink.VDPA_CMD_DEV_GET, timeout, VdpaReplies::device);
    }

    /**
     * Returns a device; empty when it is not on the bus.
     *
     * @param device name of the device
     * @param timeout longest wait
     * @throws IOException a {@link LinuxException}: ENOENT when the bus is not there, ETIMEDOUT
     */
    public Optional<VdpaDevice> device(String device, Duration timeout) throws IOException {
        return one("VDPA_CMD_DEV_GET", VdpaNetlink.VDPA_CMD_DEV_GET, device, timeout, VdpaReplies::device);
    }

    /**
     * Returns the configuration of a device; empty when it is not on the bus.
     *
     * @param device name of the device
     * @param timeout longest wait
     * @throws IOException a {@link LinuxException}: EOPNOTSUPP on kernels that do not answer for this type of device
     *     (block before 6.9), ENOENT, ETIMEDOUT
     */
    public Optional<VdpaConfig> config(String device, Duration timeout) throws IOException {
        return one(
                "VDPA_CMD_DEV_CONFIG_GET", VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET, device, timeout, VdpaReplies::config);
    }

    /**
     * Hands a device to a bus driver, as {@link VduseHost#bind}.
     *
     * @param device name of the device
     * @param driver {@code virtio_vdpa} or {@code vhost_vdpa}
     * @param timeout longest wait; the driver that has it now must let go, with all that {@link #delete} says
     * @throws IOException a {@link LinuxException}: ENODEV when device or driver is missing, EACCES, ETIMEDOUT
     */
    public void bind(String device, String driver, Duration timeout) throws IOException {
        bounded("bind to " + driver, device, timeout, () -> {
            host.bind(device, driver);
            return true;
        });
    }

    private <T> List<T> all(String call, int command, Duration timeout, Function<NetlinkAttributes, T> decode)
            throws IOException {
        var object = "all";
        var reply = answered(call, command, object, request(call, command, true, object, new byte[0], timeout));
        return decoded(call, object, reply, decode);
    }

    private <T> Optional<T> one(
            String call, int command, String device, Duration timeout, Function<NetlinkAttributes, T> decode)
            throws IOException {
        NodeName.check(call, device);
        var reply = request(call, command, false, device, named(device), timeout);
        if (reply.errno() == Errno.ENODEV) {
            return Optional.empty();
        }
        var found = decoded(call, device, answered(call, command, device, reply), decode);
        if (found.isEmpty()) {
            throw new LinuxException(call, device, Errno.EPROTO, "the kernel acknowledged but sent no answer");
        }
        return Optional.of(found.getFirst());
    }

    private static <T> List<T> decoded(
            String call, String object, NetlinkReply reply, Function<NetlinkAttributes, T> decode)
            throws LinuxException {
        try {
            return reply.messages().stream()
                    .map(message -> decode.apply(message.attributes()))
                    .toList();
        } catch (IllegalArgumentException malformed) {
            var failure = new LinuxException(call, object, Errno.EBADMSG, malformed.getMessage());
            failure.initCause(malformed);
            throw failure;
        }
    }

    private static byte[] named(String device) {
        return NetlinkAttributes.builder()
                .string(VdpaAttribute.VDPA_ATTR_DEV_NAME, device)
                .build();
    }

    private NetlinkReply request(
            String call, int command, boolean dump, String object, byte[] attributes, Duration timeout)
            throws IOException {
        return bounded(call, object, timeout, () -> host.vdpa(command, dump, attributes, timeout));
    }

    private static NetlinkReply answered(String call, int command, String object, NetlinkReply reply)
            throws LinuxException {
        if (reply.errno() != 0) {
            var hint = VdpaHints.of(command, reply.errno());
            var said = reply.extAck().isEmpty() ? "" : "the kernel says: " + reply.extAck();
            var separator = hint.isEmpty() || said.isEmpty() ? "" : "; ";
            throw new LinuxException(call, object, reply.errno(), hint + separator + said);
        }
        return reply;
    }

    private static <T> T bounded(String call, String object, Duration timeout, Callable<T> work) throws IOException {
        try {
            return DisposableCall.within("vdpa " + object, timeout, work);
        } catch (TimeoutException late) {
            var seconds = Double.toString(timeout.toMillis() / 1000.0);
            var failure = new LinuxException(call, object, Errno.ETIMEDOUT, VdpaHints.timedOut(seconds));
            failure.initCause(late);
            throw failure;
        }
    }
}
