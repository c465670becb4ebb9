package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.VduseApi1;
import io.vduse4j.vduse.abi.VduseIoctl;

/** What an errno of a VDUSE ioctl means and what to do about it (kernel-behaviour 2.2 and 2.3). */
final class IoctlHints {
    private IoctlHints() {}

    /** Returns the hint, or the empty string where the errno says it all. */
    static String of(int request, int errno) {
        return switch (errno) {
            case Errno.EPERM -> eperm(request);
            case Errno.ENOTTY -> "this kernel is too old for it";
            case Errno.EINVAL -> einval(request);
            case Errno.EBUSY ->
                "it is attached to the vdpa bus, or a process has it open: detach it (vdpa dev del), end the process";
            case Errno.EEXIST -> eexist(request);
            case Errno.ENOMEM ->
                request == VduseIoctl.VDUSE_IOTLB_REG_UMEM
                        ? "the memory to pin exceeds RLIMIT_MEMLOCK: raise it (ulimit -l)"
                        : "";
            case Errno.ENOENT -> request == VduseIoctl.VDUSE_IOTLB_DEREG_UMEM ? "no user memory is registered" : "";
            case Errno.EMFILE -> "this process has too many open files: raise RLIMIT_NOFILE (ulimit -n)";
            default -> "";
        };
    }

    private static String eperm(int request) {
        return request == VduseIoctl.VDUSE_CREATE_DEV
                ? "a device of this type needs CAP_NET_ADMIN"
                : "the device is broken, because a message was not answered within its msg_timeout:"
                        + " detach it, destroy it and create it again";
    }

    private static String eexist(int request) {
        return switch (request) {
            case VduseIoctl.VDUSE_CREATE_DEV -> "a device of that name exists: destroy it, or take another name";
            case VduseIoctl.VDUSE_IOTLB_REG_UMEM -> "user memory is registered already";
            default -> "";
        };
    }

    private static String einval(int request) {
        return switch (request) {
            case VduseIoctl.VDUSE_SET_API_VERSION -> "the kernel does not speak this API version";
            case VduseApi1.VDUSE_SET_FEATURES -> "the kernel does not have all of these VDUSE features";
            case VduseIoctl.VDUSE_CREATE_DEV ->
                "the kernel does not serve this device type, or not with these features";
            case VduseIoctl.VDUSE_DESTROY_DEV -> "there is no VDUSE device of that name";
            case VduseIoctl.VDUSE_DEV_SET_CONFIG -> "the bytes are not inside of the configuration space";
            case VduseIoctl.VDUSE_DEV_INJECT_CONFIG_IRQ -> "no driver has set DRIVER_OK";
            case VduseIoctl.VDUSE_VQ_SETUP, VduseIoctl.VDUSE_VQ_GET_INFO -> "there is no virtqueue of that index";
            case VduseIoctl.VDUSE_VQ_SETUP_KICKFD -> "there is no virtqueue of that index, or it is not an eventfd";
            case VduseIoctl.VDUSE_IOTLB_REG_UMEM ->
                "it is possible only for the whole bounce region, from IOVA 0, with pages of memory, once it is mapped";
            case VduseIoctl.VDUSE_IOTLB_DEREG_UMEM -> "this is not the region that was registered";
            default -> "";
        };
    }
}
