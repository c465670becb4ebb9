package io.vduse4j.vhostuser;

import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.WritableConfig;

/** Which features a device offers over vhost-user, and which choice of a driver it takes. */
final class Negotiation {

    private Negotiation() {}

    /**
     * Addresses are not translated by messages, so ACCESS_PLATFORM is not offered (VD-16). A queue is reset alone by
     * GET_VRING_BASE, which is answered when nothing of it is in flight any more (VU-01), and is enabled again by the
     * messages that set a ring up: so RING_RESET is offered here, and not over VDUSE, which has neither.
     */
    static long offered(VirtioDevice device, VhostUserOptions options) {
        return device.features()
                | device.writableConfig().map(WritableConfig::features).orElse(0L)
                | VirtioFeatures.RING_INDIRECT_DESC
                | VirtioFeatures.RING_EVENT_IDX
                | VirtioFeatures.VERSION_1
                | VirtioFeatures.RING_RESET
                | (options.packed() ? VirtioFeatures.RING_PACKED : 0)
                | VhostUserFeatures.PROTOCOL_FEATURES;
    }

    /** Whether a driver's choice is a valid subset (VD-05). */
    static boolean accepts(VirtioDevice device, VhostUserOptions options, long features) {
        return (features & ~offered(device, options)) == 0
                && (features & VirtioFeatures.VERSION_1) != 0
                && device.accepts(features & ~VhostUserFeatures.PROTOCOL_FEATURES);
    }
}
