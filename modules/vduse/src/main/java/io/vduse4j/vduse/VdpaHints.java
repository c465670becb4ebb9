package io.vduse4j.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.VdpaNetlink;

/** What an errno of the netlink family {@code vdpa} means and what to do about it (kernel-behaviour 6.3). */
final class VdpaHints {
    private VdpaHints() {}

    /** Returns the hint, or the empty string where the errno says it all. */
    static String of(int command, int errno) {
        return switch (errno) {
            case Errno.EPERM -> "this needs CAP_NET_ADMIN: run as root, or give the process the capability";
            case Errno.EEXIST -> "it is attached to the vdpa bus already";
            case Errno.EINVAL ->
                command == VdpaNetlink.VDPA_CMD_DEV_NEW
                        ? "there is no VDUSE device of that name, or one of its virtqueues was given no size"
                        : "";
            case Errno.ENODEV ->
                command == VdpaNetlink.VDPA_CMD_DEV_NEW
                        ? "VDUSE is not registered with the vdpa bus: modprobe vduse"
                        : "it is not on the vdpa bus";
            case Errno.EOPNOTSUPP -> "this kernel does not answer it for this type of device";
            default -> "";
        };
    }

    /** What is probably wrong when the kernel does not answer. */
    static String timedOut(String seconds) {
        return "no answer within " + seconds
                + " s. The process that serves this or another vdpa device is probably silent"
                + " (dead, stopped, or not serving its rings), and the kernel waits for it;"
                + " the request may still succeed when that process answers";
    }
}
