package io.vduse4j.cli;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;

/** Asks Linux about the users of a block device. */
final class DeviceUse {
    private DeviceUse() {}

    /**
     * Whether a block device is claimed: mounted, swapped to, or part of another device. False for anything else; of those
     * that merely have it open Linux does not tell.
     *
     * @param device a path, or the URI of a disk that has no node
     */
    static boolean isClaimed(String device) {
        if (!device.startsWith("/")) {
            return false;
        }
        try {
            if (FileIo.status(device).isBlockDevice()) {
                Fd.open(device, OpenFlags.O_RDONLY | OpenFlags.O_EXCL).close();
            }
            return false;
        } catch (LinuxException problem) {
            return problem.errno() == Errno.EBUSY;
        }
    }
}
