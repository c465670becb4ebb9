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

    static long offered(VirtioDevice device) {
        return device.features() | RING;
    }

    /** Whether a driver's choice is a valid subset (VD-05). */
    static boolean accepts(VirtioDevice device, long features) {
        return (features & ~offered(device)) == 0 && (features & REQUIRED) == REQUIRED && device.accepts(features);
    }
}
