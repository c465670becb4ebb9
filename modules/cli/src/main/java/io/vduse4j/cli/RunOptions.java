package io.vduse4j.cli;

import io.vduse4j.block.BlkOptions;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * The options of a disk as the user wrote them, for {@code vduse run} and {@code vduse create}. Null is what was not given
 * and has no fixed default.
 */
final class RunOptions {
    @Option(
            names = "--via",
            paramLabel = "vduse|vhost-user-blk|nbd",
            description = {
                "vduse, the default: a device of this host; vhost-user-blk: a socket for virtual machines, as QEMU takes it;",
                "nbd: a URI for NBD clients, with no device."
            })
    String via = "vduse";

    @Option(
            names = "--socket",
            paramLabel = "PATH|fd:N|systemd[:NAME]",
            description = {
                "Where --via vhost-user-blk or nbd listens; only its owner may connect. Default: in a folder of its own.",
                "fd:N, systemd: a listening socket that vduse was started with, for vhost-user-blk; it stays when vduse ends."
            })
    String socket;

    @Option(
            names = "--bus",
            paramLabel = "virtio|vhost",
            description =
                    "virtio: /dev/vdX on this host; vhost: /dev/vhost-vdpa-N for a virtual machine. Default virtio.")
    String bus = "virtio";

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = SizeText.class,
            description = "Makes a file of this size; one that exists must have it.")
    Long size;

    @Option(names = "--queues", paramLabel = "N", description = "Number of queues, 1 to 16. Default 1.")
    int queues = 1;

    @Option(
            names = "--queue-size",
            paramLabel = "N",
            description = "Entries of a queue, a power of two, 4 to 1024. Default 256.")
    int queueSize = BlkOptions.DEFAULT_QUEUE_SIZE;

    @Option(names = "--block-size", paramLabel = "N", description = "Logical block: 512, 1024, 2048 or 4096 bytes.")
    Integer blockSize;

    @Option(names = "--serial", paramLabel = "S", description = "Serial number, at most 20 characters. Default: NAME.")
    String serial;

    @Option(names = "--read-only", description = "Refuse writes; the file need not be writable.")
    boolean readOnly;

    @Option(names = "--direct", description = "Go around the page cache (O_DIRECT).")
    boolean direct;

    @Option(names = "--workers", paramLabel = "N", description = "Threads that serve queues, 1 to their number.")
    Integer workers;

    @Option(
            names = "--dedicated",
            description = {
                "Workers that serve this disk alone, as they do for \"vduse run\". In a daemon its disks share workers;",
                "--workers, --pin and --poll-us ask for dedicated ones, too."
            })
    boolean dedicated;

    @Option(
            names = "--pin",
            paramLabel = "CPUS",
            converter = CpuList.class,
            description = "Processors that the workers may use, as in 0,2-3.")
    List<Integer> pin = List.of();

    @Option(
            names = "--poll-us",
            paramLabel = "N|always",
            converter = PollTime.class,
            description = {
                "Microseconds for which an idle worker looks before it sleeps; always: it never does.",
                "Default 0: a few while that pays, none when idle."
            })
    long pollMicros;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "How long attaching may take, at most 10m. Default 10s.")
    Duration wait = Duration.ofSeconds(10);

    @Option(
            names = "--keep",
            description = {
                "Leave the device at the end, for the next \"vduse run\" of that NAME: its driver waits meanwhile. Needs",
                "a BACKEND and a host of VDUSE that outlive this process."
            })
    boolean keep;

    @Option(names = "--force", description = "Take a backend in an odd state that is refused otherwise.")
    boolean force;

    @Option(
            names = "--bounce-size",
            paramLabel = "SIZE",
            converter = SizeText.class,
            description = "The kernel's bounce buffer, 1M to 1G. Default 64M (Linux 6.4 and later).")
    Long bounceSize;

    @Option(names = "--umem", description = "Give the kernel memory of ours as its bounce buffer.")
    boolean userMemory;

    @Option(names = "--packed", description = "Offer packed rings.")
    boolean packed;

    @Option(
            names = "--msg-timeout",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "After this silence of ours the kernel breaks the device, 1s to 60m. Default 30s.")
    Duration msgTimeout;
}
