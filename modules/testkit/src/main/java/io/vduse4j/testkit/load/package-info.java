/**
 * Load for block devices: a driver that keeps queues full without allocating, over any transport, and what the answers
 * took. For benchmarks; nothing here checks what is read ({@link io.vduse4j.testkit.BlkWorkload} does).
 */
package io.vduse4j.testkit.load;
