package io.vduse4j.cli;

import io.vduse4j.daemon.Json;
import io.vduse4j.daemon.ServedDisk;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The life of one disk in the foreground. The main thread does everything in order; signals, the end of the command and
 * the end of the disk only leave an event for it.
 */
final class Foreground {
    /** What ends the life of the disk. */
    private sealed interface Event {
        /** We were told to stop. */
        record Stop(int signal) implements Event {}

        /** The disk is not served any more, and we did not do it. */
        record DiskEnded() implements Event {}

        /** The command has ended. */
        record CommandEnded() implements Event {}
    }

    private static final Duration LOOK_AGAIN = Duration.ofHours(1);

    private final Console console;
    private final DiskServing serving;
    private final RunSettings settings;
    private final List<String> command;
    private final OutputFormat output;
    private final long began;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

    /**
     * Prepares; nothing is created.
     *
     * @param command what runs beside the disk; empty for nothing
     * @param began when the process began, in {@link System#nanoTime}
     */
    Foreground(
            Console console,
            DiskServing serving,
            RunSettings settings,
            List<String> command,
            OutputFormat output,
            long began) {
        this.console = console;
        this.serving = serving;
        this.settings = settings;
        this.command = command;
        this.output = output;
        this.began = began;
    }

    /**
     * Serves the disk until it or the command ends, or a signal comes.
     *
     * @return the exit code: that of the command, or 0
     * @throws IOException if the disk could not be served, ended by itself, or could not be stopped properly
     */
    int run() throws IOException, InterruptedException {
        try (var end = new HardEnd(console, leftBehind())) {
            StopSignals.take(
                    console,
                    end,
                    signal -> events.add(new Event.Stop(signal)),
                    "a process that is told to end leaves its disk behind");
            var disk = serving.serve(settings);
            try (Closeable _ = disk::leave) {
                try {
                    return untilEnd(disk);
                } finally {
                    end.startDeadline();
                }
            }
        }
    }

    private String leftBehind() {
        return switch (settings.door()) {
            case VDUSE ->
                settings.name() + " may be left on the vdpa bus and as /dev/vduse/" + settings.name()
                        + "; serve it again under that name to go on, or remove it: vduse abort";
            case NBD, VHOST_USER_BLK ->
                "the socket of " + settings.name() + " may be left; serving it again there replaces it";
        };
    }

    private int untilEnd(ServedDisk disk) throws IOException, InterruptedException {
        if (events.peek() instanceof Event.Stop stop) {
            // The signal came while we were attaching: nobody has been told of the device.
            return command.isEmpty() ? ExitCode.OK : ExitCode.SIGNALLED + stop.signal();
        }
        Thread.ofPlatform().daemon().name("vduse-end").start(() -> awaitEnd(disk));
        announce(disk);
        if (!command.isEmpty()) {
            return runCommand(disk);
        }
        // Without a deadline: serving until somebody ends it is the purpose.
        if (events.take() instanceof Event.Stop) {
            return ExitCode.OK;
        }
        throw endedByItself(disk);
    }

    private int runCommand(ServedDisk disk) throws IOException, InterruptedException {
        var environment = Map.of("VDUSE_DEV", disk.device(), "VDUSE_NAME", settings.name());
        try (var child = Child.start(command, environment)) {
            child.onExit(() -> events.add(new Event.CommandEnded()));
            if (events.take() instanceof Event.DiskEnded) {
                throw endedByItself(disk);
            }
            child.stop();
            return child.exitCode();
        }
    }

    private void awaitEnd(ServedDisk disk) {
        try {
            while (!disk.awaitEnd(LOOK_AGAIN)) {
                // It is still there.
            }
            events.add(new Event.DiskEnded());
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private LinuxException endedByItself(ServedDisk disk) {
        if (settings.door() != Door.VDUSE) {
            return new LinuxException("serve", settings.name(), Errno.EIO, "it has failed; the lines above say why");
        }
        return disk.isBroken()
                ? new LinuxException(
                        "serve",
                        settings.name(),
                        Errno.EIO,
                        "the kernel has given the device up; its log (dmesg) and -v say more")
                : new LinuxException(
                        "serve", settings.name(), Errno.ECANCELED, "somebody else has detached it from the vdpa bus");
    }

    /** Tells what is there now; the device goes to standard output unless that belongs to the command. */
    private void announce(ServedDisk disk) throws LinuxException {
        console.say(ReadyLine.of(settings, disk, began));
        if (command.isEmpty()) {
            console.out((output == OutputFormat.JSON ? json(disk) : disk.device()) + "\n");
        }
    }

    private String json(ServedDisk disk) {
        var members = new LinkedHashMap<String, Object>();
        members.put("device", disk.device());
        members.put("name", settings.name());
        members.put("size", disk.size());
        members.put("backend", disk.backend());
        return Json.of(members);
    }
}
