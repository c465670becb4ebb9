package io.vduse4j.vduse;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * The configuration of a device on the vdpa bus, as the kernel tells it.
 *
 * @param name its name
 * @param deviceId virtio device type: 2 for a block device
 * @param negotiatedFeatures features that the driver accepted; empty before FEATURES_OK
 * @param features features that the device offers; empty on kernels that do not say (before 6.2)
 * @param block what is particular to a block device; empty for others
 */
public record VdpaConfig(
        String name,
        int deviceId,
        OptionalLong negotiatedFeatures,
        OptionalLong features,
        Optional<VdpaBlockConfig> block) {}
