package io.vduse4j.vhostuser;

import io.vduse4j.dataplane.FaultLog;
import io.vduse4j.dataplane.WorkerPool;
import io.vduse4j.virtio.VirtioDevice;

/**
 * What is served, from connection to connection.
 *
 * @param device the device
 * @param options how
 * @param pool who works
 * @param faults where its drivers' faults are written down
 */
record ServedDevice(VirtioDevice device, VhostUserOptions options, WorkerPool pool, FaultLog faults) {}
