package io.vduse4j.embedded.vdpa;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkMessage;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The generic netlink family {@code vdpa}: requests and answers as encoded attributes, with the errors of kernel-behaviour
 * 6.3. Whoever asks has every capability.
 *
 * @param core the bus
 */
public record VdpaGenl(VdpaCore core) {
    // Types that only a refusal or an errno depends on (linux/vdpa.h, kernel-behaviour 6.2).
    private static final int VDPA_ATTR_DEV_NET_CFG_MACADDR = 10;
    private static final int VDPA_ATTR_DEV_NET_CFG_MAX_VQP = 12;
    private static final int VDPA_ATTR_DEV_NET_CFG_MTU = 13;
    private static final int VDPA_ATTR_DEV_QUEUE_INDEX = 17;
    private static final int VDPA_CMD_DEV_VSTATS_GET = 7;
    private static final int VDPA_CMD_DEV_ATTR_SET = 8;

    /** What DEV_NEW may carry for others than vduse. */
    private static final Set<Integer> PROVISIONING = Set.of(
            VDPA_ATTR_DEV_NET_CFG_MACADDR,
            VDPA_ATTR_DEV_NET_CFG_MAX_VQP,
            VDPA_ATTR_DEV_NET_CFG_MTU,
            VdpaAttribute.VDPA_ATTR_DEV_FEATURES);

    /**
     * Answers a request. May wait as long as a driver's probe or removal takes.
     *
     * @param command {@code VDPA_CMD_*}
     * @param dump whether all objects are asked for
     * @param attributes the encoded attributes
     */
    public NetlinkReply request(int command, boolean dump, byte[] attributes) {
        try {
            var in = NetlinkAttributes.parse(attributes);
            return new NetlinkReply(0, "", dump ? dump(command) : answer(command, in));
        } catch (IllegalArgumentException malformed) {
            return refused(Errno.EINVAL, malformed.getMessage());
        } catch (Refusal refusal) {
            return refused(refusal.errno, refusal.getMessage());
        } catch (LinuxException failure) {
            return refused(failure.errno(), failure.getMessage());
        }
    }

    private static NetlinkReply refused(int errno, String why) {
        return new NetlinkReply(errno, why, List.of());
    }

    private List<NetlinkMessage> dump(int command) throws Refusal {
        return switch (command) {
            case VdpaNetlink.VDPA_CMD_MGMTDEV_GET -> List.of(managementDevice());
            case VdpaNetlink.VDPA_CMD_DEV_GET -> core.all(this::device);
            case VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET ->
                core.all(VdpaConfigReply::of).stream().flatMap(Optional::stream).toList();
            default -> throw new Refusal(Errno.EOPNOTSUPP, "the command cannot be a dump");
        };
    }

    private List<NetlinkMessage> answer(int command, NetlinkAttributes in) throws Refusal, LinuxException {
        return switch (command) {
            case VdpaNetlink.VDPA_CMD_MGMTDEV_GET -> {
                checkManagementDevice(in);
                yield List.of(managementDevice());
            }
            case VdpaNetlink.VDPA_CMD_DEV_NEW -> {
                var name = deviceName(in);
                checkManagementDevice(in);
                if (in.types().stream().anyMatch(PROVISIONING::contains)) {
                    throw new Refusal(Errno.EOPNOTSUPP, "vduse takes no configuration here: create the device with it");
                }
                core.add(name);
                yield List.of();
            }
            case VdpaNetlink.VDPA_CMD_DEV_DEL -> {
                core.delete(deviceName(in));
                yield List.of();
            }
            case VdpaNetlink.VDPA_CMD_DEV_GET ->
                List.of(core.one(deviceName(in), this::device).orElseThrow(Refusal::noDevice));
            case VdpaNetlink.VDPA_CMD_DEV_CONFIG_GET ->
                List.of(core.one(deviceName(in), VdpaConfigReply::of)
                        .orElseThrow(Refusal::noDevice)
                        .orElseThrow(() ->
                                new Refusal(Errno.EOPNOTSUPP, "only the configuration of block devices is told")));
            case VDPA_CMD_DEV_VSTATS_GET -> throw statistics(in);
            case VDPA_CMD_DEV_ATTR_SET -> throw unsettable(in);
            default -> throw new Refusal(Errno.EOPNOTSUPP, "no such command");
        };
    }

    private static String deviceName(NetlinkAttributes in) throws Refusal {
        return in.string(VdpaAttribute.VDPA_ATTR_DEV_NAME)
                .orElseThrow(() -> new Refusal(Errno.EINVAL, "the name of the device is missing"));
    }

    private void checkManagementDevice(NetlinkAttributes in) throws Refusal {
        var name = in.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME)
                .orElseThrow(() -> new Refusal(Errno.EINVAL, "the name of the management device is missing"));
        boolean onBus = in.string(VdpaAttribute.VDPA_ATTR_MGMTDEV_BUS_NAME).isPresent();
        if (onBus || !name.equals(core.management().name())) {
            throw new Refusal(Errno.ENODEV, "there is no such management device");
        }
    }

    private Refusal statistics(NetlinkAttributes in) throws Refusal {
        var name = deviceName(in);
        if (in.u32(VDPA_ATTR_DEV_QUEUE_INDEX).isEmpty()) {
            return new Refusal(Errno.EINVAL, "the index of the queue is missing");
        }
        return core.one(name, VdpaOps::name).isEmpty()
                ? Refusal.noDevice()
                : new Refusal(Errno.EOPNOTSUPP, "the device has no statistics");
    }

    private Refusal unsettable(NetlinkAttributes in) throws Refusal {
        return core.one(deviceName(in), VdpaOps::name).isEmpty()
                ? Refusal.noDevice()
                : new Refusal(Errno.EOPNOTSUPP, "the device has no attribute that can be set");
    }

    private NetlinkMessage managementDevice() {
        return message(
                VdpaNetlink.VDPA_CMD_MGMTDEV_NEW,
                NetlinkAttributes.builder()
                        .string(
                                VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME,
                                core.management().name())
                        .u64(
                                VdpaAttribute.VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES,
                                core.management().supportedClasses())
                        .u32(VdpaAttribute.VDPA_ATTR_DEV_MGMTDEV_MAX_VQS, 0)
                        .u64(VdpaAttribute.VDPA_ATTR_DEV_SUPPORTED_FEATURES, 0));
    }

    private NetlinkMessage device(VdpaOps device) {
        return message(
                VdpaNetlink.VDPA_CMD_DEV_NEW,
                NetlinkAttributes.builder()
                        .string(
                                VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME,
                                core.management().name())
                        .string(VdpaAttribute.VDPA_ATTR_DEV_NAME, device.name())
                        .u32(VdpaAttribute.VDPA_ATTR_DEV_ID, device.deviceId())
                        .u32(VdpaAttribute.VDPA_ATTR_DEV_VENDOR_ID, device.vendorId())
                        .u32(VdpaAttribute.VDPA_ATTR_DEV_MAX_VQS, device.vqCount())
                        .u16(VdpaAttribute.VDPA_ATTR_DEV_MAX_VQ_SIZE, device.vqNumMax())
                        .u16(VdpaAttribute.VDPA_ATTR_DEV_MIN_VQ_SIZE, 1));
    }

    static NetlinkMessage message(int command, NetlinkAttributes.Builder attributes) {
        return new NetlinkMessage(command, NetlinkAttributes.parse(attributes.build()));
    }

    /** A request that is answered with an errno and a text. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;
        private final int errno;

        Refusal(int errno, String why) {
            super(why, null, false, false);
            this.errno = errno;
        }

        static Refusal noDevice() {
            return new Refusal(Errno.ENODEV, "there is no such device on the bus");
        }
    }
}
