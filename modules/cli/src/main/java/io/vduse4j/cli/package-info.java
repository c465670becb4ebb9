/**
 * The {@code vduse} command. Standard output carries only what was asked for (the device, a report); everything else is a
 * line on standard error that begins with {@code vduse:}. Exit codes are in {@link io.vduse4j.cli.ExitCode}.
 *
 * <p>Threads: the main thread runs the command. Lines for standard error are written by a thread of their own
 * ({@link io.vduse4j.cli.Console}), so that nobody who serves a disk ever waits for a terminal. Signals come on threads of
 * the JVM ({@link io.vduse4j.cli.StopSignals}) and only leave a message for the main thread.
 */
package io.vduse4j.cli;
