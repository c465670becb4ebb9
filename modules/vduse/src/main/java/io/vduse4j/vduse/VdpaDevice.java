package io.vduse4j.vduse;

/**
 * A device on the vdpa bus.
 *
 * @param name its name; that of the VDUSE device
 * @param managementDevice what put it there: {@code vduse}
 * @param deviceId virtio device type: 2 for a block device
 * @param vendorId virtio vendor
 * @param maxVqs number of virtqueues
 * @param maxVqSize largest number of descriptors of a virtqueue
 * @param minVqSize smallest number of descriptors of a virtqueue
 */
public record VdpaDevice(
        String name, String managementDevice, int deviceId, int vendorId, int maxVqs, int maxVqSize, int minVqSize) {}
