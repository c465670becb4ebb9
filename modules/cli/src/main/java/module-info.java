/** The {@code vduse} command. */
@SuppressWarnings("requires-automatic") // HdrHistogram has no descriptor
module io.vduse4j.cli {
    requires io.vduse4j.api;
    // Not named in the code: its provider is found by ServiceLoader, which sees only modules that something requires.
    requires io.vduse4j.backend.file;
    requires io.vduse4j.daemon;
    requires io.vduse4j.nbd;
    // The driver of "vduse bench".
    requires io.vduse4j.testkit;
    requires info.picocli;
    requires HdrHistogram;
    // sun.misc.Signal, the only way to hear SIGTERM without a shutdown hook (J-13).
    requires jdk.unsupported;

    provides System.LoggerFinder with
            io.vduse4j.cli.ConsoleLoggers;
}
