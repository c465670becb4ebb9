package io.vduse4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What two disks have measured in turn, round by round.
 *
 * @param target the first, as the user wrote it
 * @param command the command that served the other
 * @param ours a result for each round, at least one
 * @param theirs as many
 */
record Versus(String target, String command, List<BenchResult> ours, List<BenchResult> theirs) {

    private static final String IOPS = "iops";
    private static final String MEGABYTES = "megabytesPerSecond";
    private static final List<String> TIMES = List.of("p50Nanos", "p99Nanos", "cpuNanosPerRequest");

    /** Sorted. */
    private static List<Long> values(List<BenchResult> results, String figure) {
        return results.stream()
                .map(result -> (Long) result.members().get(figure))
                .sorted()
                .toList();
    }

    private static long median(List<BenchResult> results, String figure) {
        var sorted = values(results, figure);
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** Of the medians; empty if the other did not measure anything. */
    private OptionalDouble ratio(String figure) {
        long other = median(theirs, figure);
        return other == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) median(ours, figure) / other);
    }

    /** For people: medians, the slowest and the fastest round, and the ratio of the medians. */
    String table() {
        var table = new Table();
        table.row("medians of " + ours.size(), "IOPS", "least–most", "MB/s", "p50 µs", "p99 µs", "CPU µs/request");
        row(table, target, ours);
        row(table, "--vs", theirs);
        var ratios = new ArrayList<>(List.of("ratio", text(IOPS), "", text(MEGABYTES)));
        TIMES.forEach(figure -> ratios.add(text(figure)));
        table.row(ratios.toArray(String[]::new));
        return table.text();
    }

    private static void row(Table table, String name, List<BenchResult> results) {
        var iops = values(results, IOPS);
        var cells = new ArrayList<>(List.of(
                name,
                Long.toString(median(results, IOPS)),
                iops.getFirst() + "–" + iops.getLast(),
                Long.toString(median(results, MEGABYTES))));
        TIMES.forEach(figure -> cells.add(String.format(Locale.ROOT, "%.2f", median(results, figure) / 1e3)));
        table.row(cells.toArray(String[]::new));
    }

    private String text(String figure) {
        var ratio = ratio(figure);
        return ratio.isEmpty() ? "-" : String.format(Locale.ROOT, "%.2f", ratio.getAsDouble());
    }

    /** For programs: the medians, their ratios in thousandths, and each round as the command without --vs shows it. */
    Map<String, Object> members() {
        var members = new LinkedHashMap<String, Object>();
        members.put("target", target);
        members.put("vs", command);
        members.put("rounds", ours.size());
        var ratios = new LinkedHashMap<String, Object>();
        var medians = new LinkedHashMap<String, Object>();
        for (var figure : figures()) {
            medians.put(figure, List.of(median(ours, figure), median(theirs, figure)));
            ratio(figure).ifPresent(ratio -> ratios.put(figure, Math.round(ratio * 1000)));
        }
        members.put("medians", medians);
        members.put("ratiosPerMille", ratios);
        var runs = new ArrayList<Map<String, Object>>();
        for (int round = 0; round < ours.size(); round++) {
            runs.add(run("target", ours.get(round)));
            runs.add(run("vs", theirs.get(round)));
        }
        members.put("runs", runs);
        return members;
    }

    private static List<String> figures() {
        var figures = new ArrayList<>(List.of(IOPS, MEGABYTES));
        figures.addAll(TIMES);
        return figures;
    }

    private static Map<String, Object> run(String who, BenchResult result) {
        var run = new LinkedHashMap<String, Object>();
        run.put("who", who);
        run.putAll(result.members());
        return run;
    }
}
