package io.vduse4j.testkit.hostile;

import io.vduse4j.dataplane.QueueCounters;
import io.vduse4j.testkit.VhostVdpaDevice;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The device that a hostile driver is let loose on: a block device of zeroes with one queue that is not used by others.
 *
 * @param device the device, just opened
 * @param counters what it has counted on its queue since its driver has started it; none while it does not run
 */
public record Victim(VhostVdpaDevice device, Supplier<Optional<QueueCounters>> counters) {}
