package io.vduse4j.cli;

import io.vduse4j.block.BlkOptions;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.daemon.Json;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.testkit.DeviceFaultException;
import io.vduse4j.testkit.load.LoadQueue;
import io.vduse4j.testkit.load.LoadShape;
import io.vduse4j.testkit.load.LoadTarget;
import io.vduse4j.testkit.load.LocalDisk;
import io.vduse4j.testkit.load.VhostUserTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code vduse bench}: a driver in this process drives a disk as hard as it can. */
final class BenchCommand implements Callable<Integer> {
    private static final Duration MOST = Duration.ofHours(1);
    private static final int ROUNDS = 5;
    private static final int MOST_ROUNDS = 1000;

    /** Begins what is not a backend but a disk that somebody serves. */
    private static final String VHOST_USER = "vhost-user:";

    private final Console console;
    private final CommandSpec spec;
    private String backend;
    private String pattern = "randread";
    private long blockBytes = 4096;
    private int depth = 32;
    private int queues = 1;
    private Integer workers;
    private Duration time = Duration.ofSeconds(5);
    private Duration warmUp = Duration.ofSeconds(3);
    private boolean busy;
    private int pollMicros;
    private boolean packed;
    private boolean direct;
    private Long size;
    private String other;
    private Integer rounds;
    private boolean force;
    private final OutputOption output = new OutputOption();

    BenchCommand(Console console) {
        this.console = console;
        var model = new CommandModel("bench", this)
                .usage(
                        "vduse bench BACKEND|vhost-user:SOCKET [options] [--vs 'COMMAND']",
                        "Measures a backend behind our workers and queues, or any vhost-user disk.")
                .description(
                        "A driver in this process keeps the queues of a disk full, with no kernel and no virtual "
                                + "machine between.",
                        "CPU is that of the workers alone, or of the process at the other end of the socket, as the "
                                + "scheduler counts it; the driver has threads of its own.",
                        "Loads that write overwrite the backend: they want --force for anything but memory: and "
                                + "null:.")
                .parameterHeading("What:")
                .footer(
                        "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 5 busy",
                        "",
                        "Examples:",
                        "  vduse bench null:1T                                  what the queues and workers cost by themselves",
                        "  vduse bench vhost-user:/run/vm.sock --busy           a disk that \"vduse run\" or another serves there",
                        "  vduse bench disk.img --direct --qd 64 --queues 2     a file around the page cache, two queues",
                        "  vduse bench memory:1G --rw randrw --bs 64k -o json   for programs",
                        "  vduse bench vhost-user:/run/vm.sock --vs 'other-daemon --socket={socket} disk.img'   two in turn");
        model.parameter(
                        "BACKEND",
                        value -> backend = value,
                        "As for \"vduse run\": it is served by this process for the time of the measurement.",
                        "vhost-user:SOCKET  a disk that another process serves")
                .option(
                        "--rw",
                        "PATTERN",
                        String.class,
                        value -> pattern = value,
                        "read, write, randread, randwrite or randrw (half of each). Default randread.")
                .option(
                        "--bs",
                        "SIZE",
                        new SizeText(),
                        value -> blockBytes = value,
                        "Bytes of a request, a multiple of 512, up to 1M. Default 4k.")
                .option(
                        "--qd",
                        "N",
                        int.class,
                        value -> depth = value,
                        "Requests under way on each queue, 1 to 256. Default 32.")
                .option("--queues", "N", int.class, value -> queues = value, "Number of queues, 1 to 16. Default 1.")
                .option(
                        "--workers",
                        "N",
                        Integer.class,
                        value -> workers = value,
                        "Threads that serve queues, 1 to their number.")
                .option(
                        "--time",
                        "TIME",
                        new Durations(),
                        value -> time = value,
                        "How long it is measured, at most 60m. Default 5s.")
                .option(
                        "--warm-up",
                        "TIME",
                        new Durations(),
                        value -> warmUp = value,
                        "How long it runs before it is measured. Default 3s.")
                .flag("--busy", value -> busy = value, "The driver never sleeps: it looks for answers all the time.")
                .option(
                        "--poll-us",
                        "N",
                        int.class,
                        value -> pollMicros = value,
                        "Microseconds for which an idle worker looks before it sleeps. Default 0: a few while that pays.")
                .flag("--packed", value -> packed = value, "Packed queues.")
                .flag("--direct", value -> direct = value, "Go around the page cache (O_DIRECT).")
                .option(
                        "--size",
                        "SIZE",
                        new SizeText(),
                        value -> size = value,
                        "Makes a file of this size; one that exists must have it.")
                .option(
                        "--vs",
                        "COMMAND",
                        String.class,
                        value -> other = value,
                        "Measures in turn with a vhost-user back end of another program, which COMMAND starts for "
                                + "that; {socket} in it is where it must listen. A shell reads it.")
                .option(
                        "--rounds",
                        "N",
                        Integer.class,
                        value -> rounds = value,
                        "How often with --vs, 1 to 1000. Default 5.")
                .flag("--force", value -> force = value, "Let a load that writes destroy what the backend holds.");
        output.addTo(model);
        spec = model.common(console).spec();
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var shape = shape();
        check(shape);
        try {
            run(shape);
        } catch (DeviceFaultException fault) {
            throw new LinuxException(
                    "drive",
                    other == null ? backend : backend + " or --vs",
                    Errno.EPROTO,
                    fault.getMessage() + "; a depth of " + depth + " needs queues of " + LoadQueue.ringSize(shape)
                            + " entries: is the back end's --queue-size as large?");
        }
        return ExitCode.OK;
    }

    private void run(LoadShape shape) throws IOException, InterruptedException {
        if (backend.startsWith(VHOST_USER)) {
            var socket = Path.of(backend.substring(VHOST_USER.length()));
            try (var disk = VhostUserTarget.connect(socket, queues, packed, shape)) {
                measure(disk, shape);
            }
            return;
        }
        boolean readOnly = shape.readPercent() == 100;
        var options = new BackendOptions(RunChecks.optional(size), OptionalInt.empty(), readOnly, direct, false);
        var serving = new LocalDisk.Options(
                queues,
                workers == null ? Math.min(queues, Runtime.getRuntime().availableProcessors()) : workers,
                pollMicros * 1000L,
                packed);
        try (var volume = Backends.open(backend, options);
                var disk = LocalDisk.serve(volume, serving, shape)) {
            measure(disk, shape);
        }
    }

    private void measure(LoadTarget disk, LoadShape shape) throws IOException, InterruptedException {
        if (other != null) {
            versus(disk, shape);
            return;
        }
        console.say(backend + ": " + warmUp.toMillis() + " ms of warm-up, " + time.toMillis() + " ms measured");
        var result = new BenchRun(disk, shape, busy).run(warmUp, time);
        console.out(output.isJson() ? Json.of(result.members()) + "\n" : result.table());
    }

    /** Each in its turn, so that what else the machine does meets both. */
    private void versus(LoadTarget disk, LoadShape shape) throws IOException, InterruptedException {
        int count = rounds == null ? ROUNDS : rounds;
        console.say(backend + " and --vs: " + count + " times " + warmUp.toMillis() + " ms of warm-up, "
                + time.toMillis() + " ms measured");
        var ours = new ArrayList<BenchResult>();
        var theirs = new ArrayList<BenchResult>();
        try (var command = OtherBackEnd.start(other);
                var otherDisk = command.connect(queues, packed, shape)) {
            for (int round = 0; round < count; round++) {
                ours.add(new BenchRun(disk, shape, busy).run(warmUp, time));
                theirs.add(new BenchRun(otherDisk, shape, busy).run(warmUp, time));
            }
        }
        var result = new Versus(backend, other, ours, theirs);
        console.out(output.isJson() ? Json.of(result.members()) + "\n" : result.table());
    }

    private LoadShape shape() {
        int reads = switch (pattern) {
            case "read", "randread" -> 100;
            case "write", "randwrite" -> 0;
            case "randrw" -> 50;
            default -> throw fault("--rw " + pattern, "must be read, write, randread, randwrite or randrw");
        };
        require(
                blockBytes >= 512 && blockBytes <= LoadShape.MOST_BYTES && blockBytes % 512 == 0,
                "--bs " + blockBytes,
                "must be a multiple of 512, up to 1M");
        require(depth >= 1 && depth <= LoadShape.MOST_DEPTH, "--qd " + depth, "must be 1 to " + LoadShape.MOST_DEPTH);
        return new LoadShape(reads, pattern.startsWith("rand"), (int) blockBytes, depth, 1);
    }

    private void check(LoadShape shape) {
        require(
                queues >= 1 && queues <= BlkOptions.MAX_QUEUES,
                "--queues " + queues,
                "must be 1 to " + BlkOptions.MAX_QUEUES);
        require(
                workers == null || (workers >= 1 && workers <= queues),
                "--workers " + workers,
                "must be 1 to the number of queues, " + queues);
        require(pollMicros >= 0 && pollMicros <= 1_000_000, "--poll-us " + pollMicros, "must be 0 to 1000000");
        require(
                time.isPositive() && time.compareTo(MOST) <= 0,
                "--time " + time.toMillis() + "ms",
                "must be more than 0 and at most 60m");
        require(warmUp.compareTo(MOST) <= 0, "--warm-up " + warmUp.toMillis() + "ms", "must be at most 60m");
        require(other == null || other.contains(OtherBackEnd.SOCKET), "--vs " + other, "must have {socket} in it");
        require(rounds == null || other != null, "--rounds " + rounds, "is for --vs");
        require(
                rounds == null || (rounds >= 1 && rounds <= MOST_ROUNDS),
                "--rounds " + rounds,
                "must be 1 to " + MOST_ROUNDS);
        require(
                force || other == null || shape.readPercent() == 100,
                "--rw " + pattern,
                "would overwrite what --vs serves: --force lets it");
        require(
                force || shape.readPercent() == 100 || backend.startsWith("memory:") || backend.startsWith("null:"),
                "--rw " + pattern,
                "would overwrite " + backend + ": --force lets it");
    }

    private void require(boolean holds, String what, String rule) {
        if (!holds) {
            throw fault(what, rule);
        }
    }

    private ParameterException fault(String what, String rule) {
        return new ParameterException(spec.commandLine(), what + ": " + rule);
    }
}
