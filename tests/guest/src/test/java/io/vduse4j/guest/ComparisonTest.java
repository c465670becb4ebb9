package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A report, not a judgement: our disk and another one, of qemu-storage-daemon or of qemu-nbd and the kernel's NBD client,
 * over the same file in memory, read by turns. On emulated processors only the ratio says something.
 */
final class ComparisonTest {
    /** USER_HZ, the unit of the times in /proc/PID/stat: 100 on x86-64 and aarch64. */
    private static final double TICKS_PER_SECOND = 100;

    private static final Pattern TOTAL_IOS = Pattern.compile("\"total_ios\" : ([0-9]+)");
    private static final Pattern IOPS = Pattern.compile("\"iops\" : ([0-9.]+)");

    @TempDir
    private Path folder;

    @Test
    @Tag("quick")
    void randomReadsOfAColdProcess() throws Exception {
        compare("qemu-storage-daemon", this::storageDaemon, 1, 1, 2);
    }

    @Test
    @Tag("full")
    void randomReads() throws Exception {
        compare("qemu-storage-daemon", this::storageDaemon, 3, 40, 10);
    }

    @Test
    @Tag("soak")
    void randomReadsOfAWarmProcess() throws Exception {
        compare("qemu-storage-daemon", this::storageDaemon, 5, 60, 20);
    }

    @Test
    @Tag("soak")
    void randomReadsBesideTheKernelsNbd() throws Exception {
        compare("qemu-nbd", () -> new KernelNbd(file(), folder.resolve("nbd")), 5, 60, 20);
    }

    private Path file() {
        return folder.resolve("both.img");
    }

    private Rival storageDaemon() throws IOException {
        return new StorageDaemon("theirs", "driver=file,read-only=on,locking=off,filename=" + file(), false);
    }

    private interface Opener {
        Rival open() throws IOException;
    }

    private void compare(String rival, Opener opener, int rounds, int warmUpSeconds, int seconds) throws Exception {
        var file = file();
        Shell.sh("head -c 64M /dev/urandom >%s".formatted(file)).ok();
        try (var vduse = Vduse.start("file:" + file, "--read-only", "--name", "ours");
                var peer = opener.open()) {
            var ours = vduse.awaitDevice();
            read(ours, vduse.pid(), warmUpSeconds);
            read(peer.device(), peer.pid(), 1);
            List<Run> ourRuns = new ArrayList<>();
            List<Run> theirRuns = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                ourRuns.add(read(ours, vduse.pid(), seconds));
                theirRuns.add(read(peer.device(), peer.pid(), seconds));
            }
            report(rival, rounds, warmUpSeconds, median(ourRuns), median(theirRuns));
        }
    }

    /** What one run of fio has measured. */
    private record Run(double iops, double cpuMicrosPerRequest) {}

    private static Run read(String device, long daemon, int seconds) throws Exception {
        long before = cpuTicks(daemon);
        var json = Shell.run(
                        "fio",
                        "--name=read",
                        "--filename=" + device,
                        "--readonly",
                        "--direct=1",
                        "--ioengine=libaio",
                        "--rw=randread",
                        "--bs=4k",
                        "--iodepth=32",
                        "--time_based",
                        "--runtime=" + seconds,
                        "--output-format=json")
                .ok()
                .out();
        double cpu = (cpuTicks(daemon) - before) / TICKS_PER_SECOND;
        double requests = first(TOTAL_IOS, json);
        assertThat(requests).isPositive();
        return new Run(first(IOPS, json), cpu * 1e6 / requests);
    }

    private static double first(Pattern pattern, String text) {
        var matcher = pattern.matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    private static long cpuTicks(long pid) throws IOException {
        var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        // The name, in brackets, may hold anything; user and system time are the 12th and 13th field behind it.
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static Run median(List<Run> runs) {
        return new Run(
                runs.stream()
                        .mapToDouble(Run::iops)
                        .sorted()
                        .skip(runs.size() / 2)
                        .findFirst()
                        .orElseThrow(),
                runs.stream()
                        .mapToDouble(Run::cpuMicrosPerRequest)
                        .sorted()
                        .skip(runs.size() / 2)
                        .findFirst()
                        .orElseThrow());
    }

    private static void report(String rival, int rounds, int warmUpSeconds, Run ours, Run theirs) throws IOException {
        var table = String.format(
                Locale.ROOT,
                """
                4k random reads, 32 at once, one queue, the same file in memory, after %d s of reading; rounds by turns: %d, their medians
                                      IOPS   CPU of the daemon a request
                vduse4j             %6.0f   %6.0f us
                %-19s %6.0f   %6.0f us
                ratio               %6.2f   %6.2f
                """,
                warmUpSeconds,
                rounds,
                ours.iops(),
                ours.cpuMicrosPerRequest(),
                rival,
                theirs.iops(),
                theirs.cpuMicrosPerRequest(),
                ours.iops() / theirs.iops(),
                ours.cpuMicrosPerRequest() / theirs.cpuMicrosPerRequest());
        table.lines().forEach(Evidence::show);
        Files.writeString(Path.of("/out/comparison-" + rival + ".txt"), table);
    }
}
