package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two back ends in turn: that both are measured, and that nothing of the other one is left. */
@Timeout(180)
final class BenchVersusTest {
    @TempDir
    private Path folder;

    private static Invocation bench(String target, String other, String... more) {
        var words = new ArrayList<>(List.of("bench", target, "--vs", other));
        words.addAll(List.of("--time", "150ms", "--warm-up", "50ms"));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    /** Our own command as somebody else's; its number is in a file. */
    private String other(String backend) {
        var java = new ArrayList<>(VduseProcess.java());
        java.add("io.vduse4j.cli/io.vduse4j.cli.Main");
        return "sh -c 'echo $$ >" + folder.resolve("pid") + "; exec \"$@\"' sh " + String.join(" ", java) + " run "
                + backend + " --via vhost-user-blk --queues 2 --socket {socket}";
    }

    private void assertEnded() throws IOException {
        long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    }

    private static List<Long> all(Invocation invocation, String pattern) {
        return Pattern.compile(pattern)
                .matcher(invocation.out())
                .results()
                .map(found -> Long.parseLong(found.group(1)))
                .toList();
    }

    @Test
    void bothAreMeasuredInTurn() throws Exception {
        var invocation = bench("null:1T", other("null:1T"), "--rounds", "3", "--queues", "2", "-o", "json");
        assertThat(invocation.code()).as(invocation.err()).isZero();
        assertThat(invocation.out())
                .startsWith("{\"target\":\"null:1T\",\"vs\":\"sh -c ")
                .contains("\"rounds\":3,");
        var turns = Pattern.compile("\"who\":\"(target|vs)\"")
                .matcher(invocation.out())
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(turns).containsExactly("target", "vs", "target", "vs", "target", "vs");
        var iops = all(invocation, "\"iops\":([0-9]+)[,}]");
        // The ratio comes before the runs.
        long ratio = iops.getFirst();
        var ours =
                List.of(iops.get(1), iops.get(3), iops.get(5)).stream().sorted().toList();
        var theirs =
                List.of(iops.get(2), iops.get(4), iops.get(6)).stream().sorted().toList();
        assertThat(ratio).isEqualTo(Math.round(1000.0 * ours.get(1) / theirs.get(1)));
        assertThat(all(invocation, "\"cpuNanosPerRequest\":([0-9]+)[,}]"))
                .hasSize(7)
                .allMatch(nanos -> nanos > 0);
        assertThat(invocation.out()).contains("\"iops\":[" + ours.get(1) + "," + theirs.get(1) + "]");
        assertEnded();
    }

    @Test
    void aTableForPeople() throws Exception {
        var invocation = bench("memory:16M", other("memory:16M"), "--rounds", "2", "--rw", "randrw", "--force");
        assertThat(invocation.code()).as(invocation.err()).isZero();
        assertThat(invocation.out()).startsWith("medians of 2  IOPS ").hasLineCount(4);
        assertThat(invocation.out().lines().skip(1).map(line -> line.split(" ", 2)[0]))
                .containsExactly("memory:16M", "--vs", "ratio");
        assertEnded();
    }

    /** The command, what it ends with, and what is said. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo one >&2; echo no such disk; exit 3; true {socket} | 1 | has ended with 3: no such disk",
                "true {socket} | 1 | has ended with 0: it has said nothing",
                "/nowhere/at/all {socket} | 1 | has ended with 127:",
            })
    void aBackEndThatDoesNotStart(String command, int code, String why) {
        // The shell of the command becomes its first word: one that is several is a shell of its own.
        var invocation = bench("null:1T", command.contains(";") ? "sh -c '" + command + "'" : command);
        assertThat(invocation.err()).contains(why);
        assertThat(invocation.code()).isEqualTo(code);
        assertThat(invocation.out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bench null:1G --vs x | --vs x: must have {socket} in it",
                "bench null:1G --rounds 2 | --rounds 2: is for --vs",
                "bench null:1G --vs {socket} --rounds 0 | --rounds 0: must be 1 to 1000",
                "bench null:1G --vs {socket} --rw write | would overwrite what --vs serves: --force lets it",
            })
    void refusesWhatMakesNoSense(String line, String rule) {
        var invocation = Invocation.of(line.split(" "));
        assertThat(invocation.code()).isEqualTo(ExitCode.USAGE);
        assertThat(invocation.err()).contains(rule).hasLineCount(1);
    }
}
