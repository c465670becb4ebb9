package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That it measures, not how fast anything is. */
@Timeout(60)
final class BenchCommandTest {
    @TempDir
    private Path folder;

    private static Invocation bench(String... words) {
        var all = new ArrayList<>(List.of("bench"));
        all.addAll(List.of(words));
        all.addAll(List.of("--time", "200ms", "--warm-up", "50ms"));
        return Invocation.of(all.toArray(new String[0]));
    }

    private static long member(Invocation invocation, String name) {
        var matcher = Pattern.compile("\"" + name + "\":([0-9]+)").matcher(invocation.out());
        assertThat(matcher.find()).as(invocation.toString()).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null:1T --qd 32",
                "null:1T --busy --qd 1 --packed",
                "memory:64M --rw randrw --bs 64k --queues 2 --workers 1",
                "memory:8M --rw write --bs 512 --qd 256 --poll-us 50"
            })
    void measuresWhatItHasDone(String line) {
        var invocation = bench((line + " -o json").split(" "));
        assertThat(invocation.code()).as(invocation.err()).isZero();
        long requests = member(invocation, "requests");
        assertThat(requests).isPositive();
        long nanos = member(invocation, "measuredNanos");
        assertThat(nanos).isGreaterThanOrEqualTo(200_000_000);
        assertThat(member(invocation, "iops")).isBetween(requests * 1_000_000_000L / nanos - 1, requests * 5);
        assertThat(member(invocation, "p50Nanos")).isBetween(1L, member(invocation, "p999Nanos"));
        assertThat(member(invocation, "cpuNanosPerRequest")).isPositive();
    }

    /** Seen by what is in it afterwards: a load that does not reach the storage would measure nothing. */
    @Test
    void writesToTheFile() throws Exception {
        var image = folder.resolve("image");
        var ones = new byte[1 << 20];
        Arrays.fill(ones, (byte) 1);
        Files.write(image, ones);
        var invocation = bench(image.toString(), "--rw", "write", "--bs", "64k", "--force");
        assertThat(invocation.code()).as(invocation.err()).isZero();
        assertThat(invocation.out()).startsWith("IOPS ").hasLineCount(2);
        assertThat(Files.readAllBytes(image)).hasSize(1 << 20).containsOnly(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "disk.img --rw randwrite | would overwrite disk.img: --force lets it",
                "null:1G --rw trim | must be read, write, randread, randwrite or randrw",
                "null:1G --bs 1000 | must be a multiple of 512, up to 1M",
                "null:1G --qd 257 | must be 1 to 256",
                "null:1G --queues 17 | must be 1 to 16",
                "null:1G --workers 2 | must be 1 to the number of queues, 1",
                "null:1G --poll-us -1 | must be 0 to 1000000",
                "null:1G --time 0ms | must be more than 0 and at most 60m"
            })
    void refusesWhatMakesNoSense(String line, String rule) {
        var invocation = Invocation.of(("bench " + line).split(" "));
        assertThat(invocation.code()).isEqualTo(ExitCode.USAGE);
        assertThat(invocation.err()).contains(rule).hasLineCount(1);
        assertThat(invocation.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--queues 2", "--busy --packed --rw randwrite"})
    void drivesWhatAnotherProcessServes(String line) throws Exception {
        var socket = folder.resolve("s");
        try (var vduse = VduseProcess.real(
                folder,
                List.of(),
                "run",
                "memory:16M",
                "--via",
                "vhost-user-blk",
                "--queues=2",
                "--packed",
                "--socket",
                socket.toString())) {
            vduse.awaitErr("ready in");
            var invocation = bench(("vhost-user:" + socket + " --force -o json " + line).split(" "));
            assertThat(invocation.code()).as(invocation.err()).isZero();
            assertThat(member(invocation, "requests")).isPositive();
            assertThat(member(invocation, "cpuNanosPerRequest")).isPositive();
            vduse.signal("TERM");
            assertThat(vduse.exitCode()).isZero();
        }
    }

    @Test
    void aSocketThatIsNotThere() {
        var invocation = bench("vhost-user:" + folder.resolve("nothing"));
        assertThat(invocation.code()).isEqualTo(ExitCode.NOT_FOUND);
    }

    @Test
    void aBackendThatIsNotThere() {
        var invocation = bench(folder.resolve("nothing").toString());
        assertThat(invocation.code()).isEqualTo(ExitCode.NOT_FOUND);
    }
}
