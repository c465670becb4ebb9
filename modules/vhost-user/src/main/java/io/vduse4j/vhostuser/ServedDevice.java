package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.DeviceHistory;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.virtio.VirtioDevice;

/**
 * What is served, from connection to connection.
 *
 * @param device the device
 * @param options how
 * @param pool who works
 * @param history what outlives its sessions
 */
record ServedDevice(VirtioDevice device, VhostUserOptions options, WorkerPool pool, DeviceHistory history) {}
