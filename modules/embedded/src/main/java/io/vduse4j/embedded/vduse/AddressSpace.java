package io.vduse4j.embedded.vduse;

import io.vduse4j.embedded.iova.IovaDomain;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NativeMemory;
import java.util.Optional;

/**
 * An address space of a device: its domain, from the first attach until the device is destroyed, and the daemon's memory
 * in the place of the bounce buffer. Safe from several threads.
 */
final class AddressSpace implements AutoCloseable {
    private volatile IovaDomain domain;
    private boolean userMemory;

    /** The domain; empty before the device was first attached. */
    Optional<IovaDomain> domain() {
        return Optional.ofNullable(domain);
    }

    /** Makes the domain of the first attach; later ones go on with it (kernel-behaviour 5.8). */
    synchronized void attach(String name, long bounceSize) throws LinuxException {
        if (domain == null) {
            domain = IovaDomain.create(name, bounceSize);
        }
    }

    /** REG_UMEM behind the check of reserved fields. @return 0 or a negative errno */
    synchronized int register(long uaddr, long iova, long size) {
        if (domain == null
                || !domain.isBounceMapped()
                || size != domain.bounceSize()
                || iova != 0
                || (uaddr & (NativeMemory.pageSize() - 1)) != 0) {
            return -Errno.EINVAL;
        }
        if (userMemory) {
            return -Errno.EEXIST;
        }
        if (!ProcessMaps.isWritable(uaddr, size)) {
            return -Errno.EFAULT;
        }
        domain.useUserMemory(uaddr);
        userMemory = true;
        return 0;
    }

    /** DEREG_UMEM behind the check of reserved fields. @return 0 or a negative errno */
    synchronized int deregister(long iova, long size) {
        if (!userMemory) {
            return -Errno.ENOENT;
        }
        if (iova != 0 || size != domain.bounceSize()) {
            return -Errno.EINVAL;
        }
        release();
        return 0;
    }

    /** The daemon's memory goes when it closes the node. */
    synchronized void release() {
        if (userMemory) {
            domain.useOwnMemory();
            userMemory = false;
        }
    }

    @Override
    public synchronized void close() {
        if (domain != null) {
            domain.close();
            domain = null;
            userMemory = false;
        }
    }
}
