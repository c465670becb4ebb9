package io.vduse4j.vduse.host.linux;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.GenericNetlink;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.vduse.abi.VdpaNetlink;
import io.vduse4j.vduse.host.NodeName;
import io.vduse4j.vduse.host.VdpaConsumer;
import io.vduse4j.vduse.host.VduseHost;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The Linux kernel of this machine. Holds nothing open: {@link #close} does nothing, and nodes outlive it.
 *
 * <p>Every call is a blocking system call; those of {@link #vdpa} and {@link #bind} may last as long as a driver's probe
 * or removal.
 */
public final class LinuxHost implements VduseHost {
    private final Path root;

    /** The kernel under {@code /dev}, {@code /sys} and {@code /proc}. */
    public LinuxHost() {
        this(Path.of("/"));
    }

    /** For tests: files below another root. */
    LinuxHost(Path root) {
        this.root = root;
    }

    @Override
    public String name() {
        return "linux";
    }

    @Override
    public VduseNode open(String node) throws IOException {
        NodeName.check("open", node);
        var path = root.resolve("dev/vduse").resolve(node).toString();
        Fd fd;
        try {
            fd = Fd.open(path, OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK | OpenFlags.O_CLOEXEC);
        } catch (LinuxException failure) {
            throw NodeHints.explain(failure, node, root);
        }
        return LinuxNode.of(fd);
    }

    /**
     * Takes over the descriptor of a device node that another process opened and passed, so that a device can be served
     * without any privilege.
     *
     * @param fd the descriptor; closed with the node, also when this fails
     * @throws LinuxException when it cannot be made non-blocking
     */
    public static VduseNode adopt(Fd fd) throws LinuxException {
        return LinuxNode.adopt(fd);
    }

    @Override
    public String readAttribute(String device, String attribute) throws IOException {
        return SysfsFile.read(attribute(device, attribute));
    }

    @Override
    public void writeAttribute(String device, String attribute, String value) throws IOException {
        SysfsFile.write(attribute(device, attribute), value);
    }

    private String attribute(String device, String attribute) throws LinuxException {
        NodeName.check("open", device);
        return root.resolve("sys/class/vduse")
                .resolve(device)
                .resolve(attribute)
                .toString();
    }

    @Override
    public NetlinkReply vdpa(int command, boolean dump, byte[] attributes, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (var netlink = GenericNetlink.open()) {
            int family = family(netlink, timeout);
            var left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            return netlink.request(family, command, VdpaNetlink.VDPA_GENL_VERSION, dump, attributes, left);
        }
    }

    private static int family(GenericNetlink netlink, Duration timeout) throws LinuxException {
        try {
            return netlink.family(VdpaNetlink.VDPA_GENL_NAME, timeout);
        } catch (LinuxException failure) {
            if (failure.errno() != Errno.ENOENT) {
                throw failure;
            }
            var explained = new LinuxException(
                    failure.call(),
                    failure.object(),
                    failure.errno(),
                    "the kernel has no vdpa bus: modprobe vdpa (kernel needs CONFIG_VDPA)");
            explained.initCause(failure);
            throw explained;
        }
    }

    @Override
    public void bind(String device, String driver) throws IOException {
        new VdpaSysfs(root).bind(device, driver);
    }

    /** The files in {@code /dev/vduse} but for {@code control}; none without that folder. */
    @Override
    public List<String> devices() throws IOException {
        var folder = root.resolve("dev/vduse");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var nodes = Files.list(folder)) {
            return nodes.map(node -> node.getFileName().toString())
                    .filter(node -> !node.equals(NodeName.CONTROL))
                    .toList();
        }
    }

    @Override
    public boolean isAttached(String device) {
        return new VdpaSysfs(root).isAttached(device);
    }

    @Override
    public Optional<VdpaConsumer> consumer(String device) throws IOException {
        return new VdpaSysfs(root).consumer(device);
    }

    @Override
    public void close() {}
}
