package io.vduse4j.cli;

import io.vduse4j.Bus;
import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.virtio.blk.BlkRequest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Checks the options of a disk before anything is created. */
record RunChecks(CommandLine line, String backend, RunOptions options) {
    private static final long SECTOR = BlkRequest.SECTOR_BYTES;
    private static final int PAGE = 4096;
    private static final long MIN_BOUNCE = 1L << 20;
    private static final long MAX_BOUNCE = 1L << 30;

    /** Options about what only a device of VDUSE has. */
    private static final List<String> OF_VDUSE =
            List.of("--bus", "--host", "--wait", "--bounce-size", "--umem", "--msg-timeout", "--keep");

    /** Options about virtio: what every door has but NBD. */
    private static final List<String> OF_VIRTIO =
            List.of("--queues", "--queue-size", "--serial", "--dedicated", "--pin", "--poll-us", "--packed");

    private static final Duration MAX_WAIT = Duration.ofMinutes(10);
    private static final Duration MAX_MSG_TIMEOUT = Duration.ofHours(1);

    /**
     * Returns what was asked for.
     *
     * @param name of the device, if it was given
     * @param host where VDUSE is
     * @throws ParameterException with what is wrong and the rule that it breaks
     */
    RunSettings settings(Optional<String> name, String host) {
        var device = name.orElseGet(() -> DeviceName.of(backend));
        var fault = DeviceName.fault(device);
        require(fault.isEmpty(), "--name " + device, fault);
        var door = checkDoor();
        var passed = passed(door);
        checkHost(line, host);
        require(
                options.bus.equals("virtio") || options.bus.equals("vhost"),
                "--bus " + options.bus,
                "must be virtio or vhost");
        checkQueues();
        checkSizes();
        checkTimes();
        var number = options.serial == null
                ? device.substring(0, Math.min(device.length(), BlkRequest.ID_BYTES))
                : options.serial;
        require(
                number.length() <= BlkRequest.ID_BYTES && number.chars().allMatch(c -> c >= ' ' && c <= '~'),
                "--serial " + number,
                "must be at most " + BlkRequest.ID_BYTES + " characters of ASCII");
        return new RunSettings(
                backend,
                new BackendOptions(
                        optional(options.size),
                        optional(options.blockSize),
                        options.readOnly,
                        options.direct,
                        options.force),
                door,
                passed.isEmpty() ? socket() : Optional.empty(),
                passed,
                host,
                device,
                Bus.valueOf(options.bus.toUpperCase(Locale.ROOT)),
                options.queues,
                options.queueSize,
                number,
                optional(options.workers),
                options.dedicated || options.workers != null || !options.pin.isEmpty() || options.pollMicros != 0,
                options.pin,
                options.pollMicros,
                options.wait,
                optional(options.bounceSize),
                options.userMemory,
                options.packed,
                Optional.ofNullable(options.msgTimeout),
                options.keep);
    }

    /**
     * Checks where VDUSE is to be found.
     *
     * @throws ParameterException if it is none of what is known
     */
    static void checkHost(CommandLine line, String host) {
        if (!List.of("auto", "linux", "embedded").contains(host) && !host.contains("/")) {
            throw new ParameterException(
                    line,
                    "--host " + host
                            + ": must be auto, linux, embedded, or the path of a socket of \"vduse kernel\", with a"
                            + " slash in it");
        }
    }

    private Door checkDoor() {
        var door = Arrays.stream(Door.values())
                .filter(one -> one.text().equals(options.via))
                .findFirst();
        require(door.isPresent(), "--via " + options.via, "must be vduse, vhost-user-blk or nbd");
        if (door.get() == Door.VDUSE) {
            require(options.socket == null, "--socket " + options.socket, "is for --via vhost-user-blk and nbd");
            return door.get();
        }
        refuse(OF_VDUSE, "is for --via vduse: nothing else has anything of the kind");
        if (door.get() == Door.NBD) {
            refuse(OF_VIRTIO, "is for --via vduse and vhost-user-blk: NBD has nothing of the kind");
        }
        return door.get();
    }

    private void refuse(List<String> names, String why) {
        for (var name : names) {
            require(!line.getParseResult().hasMatchedOption(name), name, why);
        }
    }

    private Optional<Path> socket() {
        if (options.socket == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(options.socket).toAbsolutePath());
        } catch (InvalidPathException fault) {
            throw new ParameterException(line, "--socket " + options.socket + ": " + fault.getReason());
        }
    }

    private Optional<PassedSocket> passed(Door door) {
        if (options.socket == null) {
            return Optional.empty();
        }
        Optional<PassedSocket> passed;
        try {
            passed = PassedSocket.of(options.socket);
        } catch (IllegalArgumentException fault) {
            throw new ParameterException(line, "--socket " + options.socket + ": " + fault.getMessage());
        }
        require(
                passed.isEmpty() || door == Door.VHOST_USER_BLK,
                "--socket " + options.socket,
                "is for --via vhost-user-blk; NBD listens at a path");
        return passed;
    }

    private void checkQueues() {
        require(
                options.queues >= 1 && options.queues <= BlkOptions.MAX_QUEUES,
                "--queues " + options.queues,
                "must be 1 to " + BlkOptions.MAX_QUEUES);
        require(
                Integer.bitCount(options.queueSize) == 1
                        && options.queueSize >= BlkOptions.MIN_QUEUE_SIZE
                        && options.queueSize <= BlkOptions.MAX_QUEUE_SIZE,
                "--queue-size " + options.queueSize,
                "must be a power of two, " + BlkOptions.MIN_QUEUE_SIZE + " to " + BlkOptions.MAX_QUEUE_SIZE);
        require(
                options.workers == null
                        || (options.workers >= 1
                                && options.workers
                                        <= (options.via.equals("nbd") ? BlkOptions.MAX_QUEUES : options.queues)),
                "--workers " + options.workers,
                options.via.equals("nbd")
                        ? "must be 1 to " + BlkOptions.MAX_QUEUES
                        : "must be 1 to the number of queues, " + options.queues);
    }

    private void checkSizes() {
        require(
                options.blockSize == null
                        || (Integer.bitCount(options.blockSize) == 1
                                && options.blockSize >= SECTOR
                                && options.blockSize <= PAGE),
                "--block-size " + options.blockSize,
                "must be 512, 1024, 2048 or 4096");
        long unit = options.blockSize == null ? SECTOR : options.blockSize;
        require(
                options.size == null || options.size % unit == 0,
                "--size " + options.size,
                "must be a multiple of " + unit + " bytes");
        require(
                options.bounceSize == null
                        || (options.bounceSize >= MIN_BOUNCE
                                && options.bounceSize <= MAX_BOUNCE
                                && options.bounceSize % PAGE == 0),
                "--bounce-size " + options.bounceSize,
                "must be 1M to 1G and a multiple of 4k");
    }

    private void checkTimes() {
        require(
                options.wait.isPositive() && options.wait.compareTo(MAX_WAIT) <= 0,
                "--wait " + options.wait.toMillis() + "ms",
                "must be more than 0 and at most 10m");
        require(
                options.msgTimeout == null
                        || (options.msgTimeout.toSeconds() >= 1
                                && options.msgTimeout.toMillisPart() == 0
                                && options.msgTimeout.compareTo(MAX_MSG_TIMEOUT) <= 0),
                "--msg-timeout " + (options.msgTimeout == null ? "" : options.msgTimeout.toMillis() + "ms"),
                "must be whole seconds, 1s to 60m");
    }

    private void require(boolean holds, String what, String rule) {
        if (!holds) {
            throw new ParameterException(line, what + ": " + rule);
        }
    }

    static OptionalInt optional(Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }

    static OptionalLong optional(Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
