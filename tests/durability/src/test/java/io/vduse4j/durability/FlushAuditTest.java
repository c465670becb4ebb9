package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.durability.SystemCalls.Call;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the kernel is asked for, told by strace: between a flush and its answer lies a whole sync, and with a driver that
 * does not flush each write is through.
 */
@Timeout(300)
class FlushAuditTest {
    private static final Pattern MARK = Pattern.compile(".*\"(FLUSH|WRITE) (\\d+) (asked|answered);\".*");

    @TempDir
    private Path folder;

    private Path image() throws Exception {
        var image = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        return image;
    }

    /** Without io_uring all writes are system calls; with it strace does not see them. */
    private List<Call> trace(boolean ring, String... args) throws Exception {
        Assumptions.assumeTrue(Tools.exist("strace"), "no strace here");
        var log = folder.resolve("strace.out");
        var strace = new ArrayList<>(List.of("strace", "-f", "-ttt", "-y", "-o", log.toString(), "-e"));
        strace.add("trace=write,fsync,fdatasync,sync_file_range,pwritev2,io_uring_setup");
        if (!ring) {
            strace.addAll(List.of("-e", "inject=io_uring_setup:error=ENOSYS"));
        }
        run(folder, strace, args);
        return SystemCalls.read(log);
    }

    private static void run(Path folder, List<String> before, String... args) throws Exception {
        var line = new ArrayList<>(before);
        line.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                AuditedLoad.class.getName()));
        line.addAll(List.of(args));
        var said = folder.resolve("load.out");
        var process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended).as("in time; it said: " + Files.readString(said)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
    }

    /** Returns how many requests of a kind were asked for, each with such a call between it and its answer. */
    private static int audit(List<Call> calls, String kind, Predicate<Call> stable) {
        var asked = new HashMap<String, Double>();
        int answered = 0;
        for (var call : calls) {
            var mark = MARK.matcher(call.text());
            if (!call.name().equals("write")
                    || !mark.matches()
                    || !mark.group(1).equals(kind)) {
                continue;
            }
            if (mark.group(3).equals("asked")) {
                asked.put(mark.group(2), call.end());
            } else {
                double from = asked.remove(mark.group(2));
                double to = call.start();
                assertThat(calls)
                        .as(kind + " " + mark.group(2) + " from " + from + " to " + to)
                        .anyMatch(other ->
                                stable.test(other) && other.succeeded() && other.start() >= from && other.end() <= to);
                answered++;
            }
        }
        assertThat(asked).as("without an answer").isEmpty();
        return answered;
    }

    private static void nothingWeaker(List<Call> calls) {
        assertThat(calls)
                .as("it makes nothing stable (DU-03)")
                .noneMatch(call -> call.name().equals("sync_file_range"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"buffered", "direct"})
    @Spec({"R-25", "DU-01", "DU-03"})
    void aWholeSyncLiesBetweenAFlushAndItsAnswer(String way) throws Exception {
        var calls = trace(true, image().toString(), way, "flush");
        assertThat(audit(calls, "FLUSH", call -> call.name().equals("fdatasync")))
                .isEqualTo(AuditedLoad.REQUESTS / 4);
        nothingWeaker(calls);
    }

    /** What the ring is asked for, {@link PowerLossTest} tells. */
    @ParameterizedTest
    @ValueSource(strings = {"buffered", "direct"})
    @Spec({"R-25", "DU-02", "DU-03", "VB-11"})
    void withoutFlushEachWriteIsThroughBeforeItsAnswer(String way) throws Exception {
        var calls = trace(false, image().toString(), way, "through");
        Predicate<Call> stable = call -> call.name().equals("fdatasync")
                || (call.name().equals("pwritev2") && call.text().contains("RWF_DSYNC"));
        assertThat(audit(calls, "WRITE", stable)).isEqualTo(AuditedLoad.REQUESTS);
        nothingWeaker(calls);
    }

    /** Its content and its name, before anybody can have relied on them. */
    @Test
    @Spec("DU-04")
    void aNewImageIsStableBeforeItIsServed() throws Exception {
        var image = folder.resolve("new.img");
        var calls = trace(true, image.toString(), "buffered", "flush", "1048576");
        var until = calls.stream()
                .takeWhile(call -> !MARK.matcher(call.text()).matches())
                .filter(call -> call.name().equals("fsync") && call.succeeded())
                .map(call -> call.text().replaceAll("^\\d+<(.*)>.*", "$1"))
                .toList();
        assertThat(until).containsExactly(image.toString(), folder.toString());
    }

    /** To an NBD server each flush is a request; the load of the log filter is one flush at a time or a few joined. */
    @Test
    @Spec({"R-25", "DU-01"})
    void anNbdServerIsAskedToFlush() throws Exception {
        var log = folder.resolve("nbdkit.log");
        try (var server = Nbdkit.serve(folder, "--filter=log", "memory", "1M", "logfile=" + log)) {
            run(folder, List.of(), server.uri(), "buffered", "flush");
            var lines = Files.readAllLines(log);
            // Up to eight under way at once, of which two are flushes, may share one.
            assertThat(lines.stream().filter(line -> line.contains(" Flush ")).count())
                    .isBetween(AuditedLoad.REQUESTS / 4L / 4, AuditedLoad.REQUESTS / 4L);
            assertThat(lines).as("the last request").anyMatch(line -> line.contains("...Flush"));
        }
    }
}
