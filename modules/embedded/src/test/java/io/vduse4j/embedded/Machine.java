package io.vduse4j.embedded;

import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vduse.KernelProfile;
import io.vduse4j.linux.NetlinkAttributes;
import io.vduse4j.linux.NetlinkReply;
import io.vduse4j.vduse.abi.VdpaAttribute;
import io.vduse4j.vduse.abi.VdpaNetlink;
import io.vduse4j.vduse.abi.VduseIoctl;
import io.vduse4j.vduse.host.VduseNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** An embedded kernel with two drivers that do nothing, and the steps by which a device gets to one of them. */
final class Machine implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    final IdleDriver virtio = new IdleDriver("virtio_vdpa");
    final IdleDriver vhost = new IdleDriver("vhost_vdpa");
    final EmbeddedKernel kernel;
    final VduseNode control;
    private final List<VduseNode> opened = new ArrayList<>();

    Machine() throws IOException {
        this(KernelProfile.LINUX_6_12);
    }

    Machine(KernelProfile profile) throws IOException {
        kernel = new EmbeddedKernel(profile, List.of(virtio, vhost));
        control = kernel.open("control");
    }

    /** Creates a device and opens it. */
    VduseNode bare(String name) throws IOException {
        expectOk(control.ioctl(VduseIoctl.VDUSE_CREATE_DEV, Raw.dev(name)));
        return open(name);
    }

    /** Creates a device, opens it and gives its queues a size. */
    VduseNode device(String name) throws IOException {
        var node = bare(name);
        for (int queue = 0; queue < Raw.QUEUES; queue++) {
            expectOk(node.ioctl(VduseIoctl.VDUSE_VQ_SETUP, Raw.vq(queue, 256)));
        }
        return node;
    }

    VduseNode open(String name) throws IOException {
        var node = kernel.open(name);
        opened.add(node);
        return node;
    }

    /** Attaches a device. @return what its driver sees */
    VdpaOps attach(String name) throws IOException {
        expectOk(-vdpa(VdpaNetlink.VDPA_CMD_DEV_NEW, name).errno());
        return virtio.devices.getLast();
    }

    NetlinkReply vdpa(int command, String device) throws IOException {
        var attributes = NetlinkAttributes.builder()
                .string(VdpaAttribute.VDPA_ATTR_DEV_NAME, device)
                .string(VdpaAttribute.VDPA_ATTR_MGMTDEV_DEV_NAME, "vduse");
        return kernel.vdpa(command, false, attributes.build(), PATIENCE);
    }

    static void expectOk(int result) {
        if (result != 0) {
            throw new AssertionError("errno " + -result);
        }
    }

    @Override
    public void close() {
        for (var node : opened) {
            node.close();
        }
        control.close();
        kernel.close();
    }
}
