package io.vduse4j.cli;

import io.vduse4j.testkit.load.LoadShape;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a load has measured.
 *
 * @param requests answered in the time
 * @param nanos the time
 * @param cpuNanos CPU time of whoever served
 * @param times what each request took, in nanoseconds
 */
record BenchResult(LoadShape shape, boolean busy, long requests, long nanos, long cpuNanos, Histogram times) {

    private long perSecond() {
        return Math.round(requests * 1e9 / nanos);
    }

    private long megabytes() {
        return Math.round(1e3 * requests * shape.blockBytes() / nanos);
    }

    private long cpuPerRequest() {
        return requests == 0 ? 0 : cpuNanos / requests;
    }

    private long percentile(double percent) {
        return times.getValueAtPercentile(percent);
    }

    /** For people. */
    String table() {
        var table = new Table();
        table.row("IOPS", "MB/s", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs/request");
        table.row(
                Long.toString(perSecond()),
                Long.toString(megabytes()),
                micros(percentile(50)),
                micros(percentile(99)),
                micros(percentile(99.9)),
                micros(cpuPerRequest()));
        return table.text();
    }

    private static String micros(long nanos) {
        return String.format(Locale.ROOT, "%.2f", nanos / 1e3);
    }

    /** For programs: whole numbers, the times in nanoseconds. */
    Map<String, Object> members() {
        var members = new LinkedHashMap<String, Object>();
        members.put("readPercent", shape.readPercent());
        members.put("random", shape.random());
        members.put("blockBytes", shape.blockBytes());
        members.put("depth", shape.depth());
        members.put("busy", busy);
        members.put("requests", requests);
        members.put("measuredNanos", nanos);
        members.put("iops", perSecond());
        members.put("megabytesPerSecond", megabytes());
        members.put("p50Nanos", percentile(50));
        members.put("p99Nanos", percentile(99));
        members.put("p999Nanos", percentile(99.9));
        members.put("cpuNanosPerRequest", cpuPerRequest());
        return members;
    }
}
