package io.vduse4j.cli;

import io.vduse4j.Bus;
import io.vduse4j.block.spi.BackendOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a user asked a disk to be, checked.
 *
 * @param backend as the user wrote it
 * @param backendOptions what concerns the backend alone
 * @param door the way out
 * @param socket where a door listens that is a socket; it chooses a place of its own if not given
 * @param passed a socket that listens already, instead of one at a path
 * @param host {@code auto}, {@code linux}, {@code embedded}, or the path of a kernel process's socket
 * @param name of the device
 * @param bus the driver that gets the device
 * @param queues 1 or more
 * @param queueSize entries of each queue
 * @param serial what the driver shows, 0 to 20 characters
 * @param workers threads; the framework decides if not given
 * @param dedicated whether its workers serve nothing else where disks could share them
 * @param pin processors that the workers may use; empty for all
 * @param pollMicros see {@link io.vduse4j.Disk.Builder#pollMicros}
 * @param attachTimeout how long attaching may take
 * @param bounceSize bytes of the kernel's bounce buffer; the kernel's default if not given
 * @param userMemory whether the bounce buffer is memory of ours
 * @param packed whether packed rings are offered
 * @param msgTimeout after what silence the kernel breaks the device; its default if not given
 * @param keep whether an orderly end leaves the device for a successor
 */
record RunSettings(
        String backend,
        BackendOptions backendOptions,
        Door door,
        Optional<Path> socket,
        Optional<PassedSocket> passed,
        String host,
        String name,
        Bus bus,
        int queues,
        int queueSize,
        String serial,
        OptionalInt workers,
        boolean dedicated,
        List<Integer> pin,
        long pollMicros,
        Duration attachTimeout,
        OptionalLong bounceSize,
        boolean userMemory,
        boolean packed,
        Optional<Duration> msgTimeout,
        boolean keep) {

    /** The same, listening there. */
    RunSettings withSocket(Path path) {
        return new RunSettings(
                backend,
                backendOptions,
                door,
                Optional.of(path),
                passed,
                host,
                name,
                bus,
                queues,
                queueSize,
                serial,
                workers,
                dedicated,
                pin,
                pollMicros,
                attachTimeout,
                bounceSize,
                userMemory,
                packed,
                msgTimeout,
                keep);
    }
}
