package io.vduse4j.vduse;

import java.util.Optional;

/**
 * Something that can put devices on the vdpa bus; VDUSE is one, with the name {@code vduse} and no bus.
 *
 * @param bus bus on which it is itself, if any
 * @param name its name
 * @param supportedClasses one bit for each virtio device type it can serve
 * @param maxVqs most virtqueues of a device; 0 where it does not say
 * @param supportedFeatures virtio features of its devices; 0 where it does not say
 */
public record VdpaManagementDevice(
        Optional<String> bus, String name, long supportedClasses, int maxVqs, long supportedFeatures) {}
