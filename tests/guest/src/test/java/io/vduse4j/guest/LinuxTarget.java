package io.vduse4j.guest;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.testkit.VhostNode;
import io.vduse4j.testkit.conformance.ConformanceTarget;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.linux.LinuxHost;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** The kernel of the guest, for the conformance suite. */
final class LinuxTarget implements ConformanceTarget {
    private final LinuxHost host = new LinuxHost();

    @Override
    public VduseHost host() {
        return host;
    }

    @Override
    public long apiVersion() {
        return 0;
    }

    @Override
    public int cpus() {
        return Devices.cpus();
    }

    @Override
    public VhostNode openVhost(String device) throws IOException {
        return VhostNode.open(node(device));
    }

    @Override
    public void readDisk(String device, long offset, MemorySegment into) throws IOException {
        var node = node(device);
        try (var fd = Fd.open(node, OpenFlags.O_RDONLY | OpenFlags.O_DIRECT)) {
            long count = FileIo.pread(fd, into.address(), into.byteSize(), offset);
            if (count != into.byteSize()) {
                int errno = count < 0 ? (int) -count : Errno.EIO;
                throw new LinuxException("read", node, errno, count + " of " + into.byteSize() + " bytes");
            }
        }
    }

    private String node(String device) throws IOException {
        return host.consumer(device)
                .orElseThrow(() -> new LinuxException("open", device, Errno.ENODEV, "no driver has it"))
                .node();
    }

    @Override
    public void close() {
        host.close();
    }
}
