/**
 * A file that fails when it is told to: {@link io.vduse4j.testkit.faulty.FaultyFile} serves it by FUSE from a process of
 * its own, so that what is written there can stay in the kernel while its writer is killed.
 */
package io.vduse4j.testkit.faulty;
