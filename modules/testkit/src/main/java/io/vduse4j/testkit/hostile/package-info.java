/**
 * A driver that means harm: it writes its rings byte by byte, negates every rule that a driver must keep (rows "R" of
 * docs/virtio-rules.md), mixes that with requests that are right, and keeps an account of its own. Every chain that a device
 * must give back comes back exactly once, with the used length and the status that its fault asks for; what the device
 * may not write stays as it was; a queue whose ring was broken stops, and serves again after a reset.
 *
 * <p>{@link io.vduse4j.testkit.hostile.HostileDriver} is the driver of one queue of a block device behind vhost-vdpa;
 * everything that it does follows from its seed. {@link io.vduse4j.testkit.hostile.ChainKind} and {@link
 * io.vduse4j.testkit.hostile.RingBreak} list what it does. {@link io.vduse4j.testkit.hostile.RawRing} can be used alone,
 * for tests of single inputs.
 */
package io.vduse4j.testkit.hostile;
