package io.vduse4j.embedded.vduse;

import io.vduse4j.linux.Errno;
import io.vduse4j.vduse.abi.VduseApi1;
import java.util.Arrays;
import java.util.Optional;

/** The kernel whose VDUSE is imitated: what differs from one version to another (kernel-behaviour 0.3). */
public enum KernelProfile {

    /** Linux 6.12: API version 0, network and block devices. Compared with such a kernel. */
    LINUX_6_12("linux-6.12", 0, 0, false, Errno.EINVAL),

    /**
     * Linux 7.3: API version 1 with groups and address spaces, the features QUEUE_READY and SUSPEND, file system devices.
     * Read from source, not confirmed on such a kernel.
     */
    LINUX_7_3(
            "linux-7.3",
            VduseApi1.VDUSE_API_VERSION_1,
            VduseApi1.VDUSE_F_QUEUE_READY | VduseApi1.VDUSE_F_SUSPEND,
            true,
            Errno.EFAULT);

    private final String text;
    private final long apiVersion;
    private final long features;
    private final boolean fileSystems;
    private final int dirtyInfoErrno;

    KernelProfile(String text, long apiVersion, long features, boolean fileSystems, int dirtyInfoErrno) {
        this.text = text;
        this.apiVersion = apiVersion;
        this.features = features;
        this.fileSystems = fileSystems;
        this.dirtyInfoErrno = dirtyInfoErrno;
    }

    /** What a person calls it: {@code linux-6.12}. */
    public String text() {
        return text;
    }

    /** The profile that a person means. */
    public static Optional<KernelProfile> of(String text) {
        return Arrays.stream(values())
                .filter(profile -> profile.text.equals(text))
                .findFirst();
    }

    /** Highest API version. */
    long apiVersion() {
        return apiVersion;
    }

    /** VDUSE features that SET_FEATURES takes; without any the kernel does not know the ioctl. */
    long features() {
        return features;
    }

    /** Virtio device types that can be created. */
    boolean serves(int deviceId) {
        return deviceId == DevConfig.NET || deviceId == DevConfig.BLOCK || (fileSystems && deviceId == DevConfig.FS);
    }

    /** What GET_INFO answers to dirty reserved fields: the newest kernel has lost the EINVAL (kernel-behaviour 2.3). */
    int dirtyInfoErrno() {
        return dirtyInfoErrno;
    }
}
