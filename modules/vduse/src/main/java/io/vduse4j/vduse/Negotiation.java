package io.vduse4j.vduse;

import io.vduse4j.virtio.VirtioDevice;
import io.vduse4j.virtio.VirtioFeatures;

/** Which features a device offers over VDUSE, and which choice of a driver it takes. */
final class Negotiation {

    /** What the rings and the transport add to the device's own features. */
    private static final long RING = VirtioFeatures.RING_INDIRECT_DESC
            | VirtioFeatures.RING_EVENT_IDX
            | VirtioFeatures.VERSION_1
            | VirtioFeatures.ACCESS_PLATFORM;

    /** Without these no driver is served (VD-15, VD-16). */
    private static final long REQUIRED = VirtioFeatures.VERSION_1 | VirtioFeatures.ACCESS_PLATFORM;

    private Negotiation() {}

    static long offered(VirtioDevice device, ServeOptions options) {
        return device.features() | RING | (options.packed() ? VirtioFeatures.RING_PACKED : 0);
    }

    /** Whether a driver's choice is a valid subset (VD-05). */
    static boolean accepts(VirtioDevice device, ServeOptions options, long features) {
        return (features & ~offered(device, options)) == 0
                && (features & REQUIRED) == REQUIRED
                && device.accepts(features);
    }
}
