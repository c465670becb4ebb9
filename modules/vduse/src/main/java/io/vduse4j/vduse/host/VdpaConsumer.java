package io.vduse4j.vduse.host;

import java.util.OptionalLong;

/**
 * How a device of the vdpa bus is used.
 *
 * @param node what its user opens: {@code /dev/vdX} when a virtio driver has it, {@code /dev/vhost-vdpa-N} when it is for
 *     a virtual machine; a host that has no nodes has other names for them, such as the URI of a socket
 * @param size of the disk in bytes, as its driver sees it now; empty when it is for a virtual machine
 */
public record VdpaConsumer(String node, OptionalLong size) {}
