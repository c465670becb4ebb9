package io.vduse4j.cli;

import io.vduse4j.block.BlkOptions;
import java.time.Duration;
import java.util.List;

/**
 * The options of a disk as the user wrote them, for {@code vduse run} and {@code vduse create}. Null is what was not given
 * and has no fixed default.
 */
final class RunOptions {
    String via = "vduse";
    String socket;
    String bus = "virtio";
    Long size;
    int queues = 1;
    int queueSize = BlkOptions.DEFAULT_QUEUE_SIZE;
    Integer blockSize;
    String serial;
    boolean readOnly;
    boolean direct;
    Integer workers;
    boolean dedicated;
    List<Integer> pin = List.of();
    long pollMicros;
    Duration wait = Duration.ofSeconds(10);
    boolean keep;
    boolean force;
    Long bounceSize;
    boolean userMemory;
    boolean packed;
    Duration msgTimeout;

    /** Adds all of them to a command. */
    void addTo(CommandModel model) {
        model.option(
                        "--via",
                        "vduse|vhost-user-blk|nbd",
                        String.class,
                        value -> via = value,
                        "vduse, the default: a device of this host; vhost-user-blk: a socket for virtual machines, "
                                + "as QEMU takes it;",
                        "nbd: a URI for NBD clients, with no device.")
                .option(
                        "--socket",
                        "PATH|fd:N|systemd[:NAME]",
                        String.class,
                        value -> socket = value,
                        "Where --via vhost-user-blk or nbd listens; only its owner may connect. Default: in a "
                                + "folder of its own.",
                        "fd:N, systemd: a listening socket that vduse was started with, for vhost-user-blk; it "
                                + "stays when vduse ends.")
                .option(
                        "--bus",
                        "virtio|vhost",
                        String.class,
                        value -> bus = value,
                        "virtio: /dev/vdX on this host; vhost: /dev/vhost-vdpa-N for a virtual machine. Default virtio.")
                .option(
                        "--size",
                        "SIZE",
                        new SizeText(),
                        value -> size = value,
                        "Makes a file of this size; one that exists must have it.")
                .option("--queues", "N", int.class, value -> queues = value, "Number of queues, 1 to 16. Default 1.")
                .option(
                        "--queue-size",
                        "N",
                        int.class,
                        value -> queueSize = value,
                        "Entries of a queue, a power of two, 4 to 1024. Default 256.")
                .option(
                        "--block-size",
                        "N",
                        Integer.class,
                        value -> blockSize = value,
                        "Logical block: 512, 1024, 2048 or 4096 bytes.")
                .option(
                        "--serial",
                        "S",
                        String.class,
                        value -> serial = value,
                        "Serial number, at most 20 characters. Default: NAME.")
                .flag("--read-only", value -> readOnly = value, "Refuse writes; the file need not be writable.")
                .flag("--direct", value -> direct = value, "Go around the page cache (O_DIRECT).")
                .option(
                        "--workers",
                        "N",
                        Integer.class,
                        value -> workers = value,
                        "Threads that serve queues, 1 to their number.")
                .flag(
                        "--dedicated",
                        value -> dedicated = value,
                        "Workers that serve this disk alone, as they do for \"vduse run\". In a daemon its disks "
                                + "share workers;",
                        "--workers, --pin and --poll-us ask for dedicated ones, too.")
                .option(
                        "--pin",
                        "CPUS",
                        new CpuList(),
                        value -> pin = value,
                        "Processors that the workers may use, as in 0,2-3.")
                .option(
                        "--poll-us",
                        "N|always",
                        new PollTime(),
                        value -> pollMicros = value,
                        "Microseconds for which an idle worker looks before it sleeps; always: it never does.",
                        "Default 0: a few while that pays, none when idle.")
                .option(
                        "--wait",
                        "TIME",
                        new Durations(),
                        value -> wait = value,
                        "How long attaching may take, at most 10m. Default 10s.")
                .flag(
                        "--keep",
                        value -> keep = value,
                        "Leave the device at the end, for the next \"vduse run\" of that NAME: its driver waits "
                                + "meanwhile. Needs a BACKEND and a host of VDUSE that outlive this process.")
                .flag("--force", value -> force = value, "Take a backend in an odd state that is refused otherwise.")
                .option(
                        "--bounce-size",
                        "SIZE",
                        new SizeText(),
                        value -> bounceSize = value,
                        "The kernel's bounce buffer, 1M to 1G. Default 64M (Linux 6.4 and later).")
                .flag("--umem", value -> userMemory = value, "Give the kernel memory of ours as its bounce buffer.")
                .flag("--packed", value -> packed = value, "Offer packed rings.")
                .option(
                        "--msg-timeout",
                        "TIME",
                        new Durations(),
                        value -> msgTimeout = value,
                        "After this silence of ours the kernel breaks the device, 1s to 60m. Default 30s.");
    }
}
