package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who waits for a disk whose server was killed is let go with an I/O error, and nothing of the device is left. The kernel
 * half is a process of its own.
 */
@Timeout(180)
class AbortTest {
    private static final String NAME = "stuck";

    @TempDir
    Path folder;

    private String[] words(String... words) {
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--host", kernelSocket()));
        return all.toArray(String[]::new);
    }

    private String kernelSocket() {
        return folder.resolve("kernel.sock").toString();
    }

    private VduseProcess kernel() throws Exception {
        var kernel = VduseProcess.start(folder, "kernel", "--socket", kernelSocket());
        kernel.awaitErr("ready in");
        return kernel;
    }

    private VduseProcess abort(int code) throws Exception {
        try (var abort = VduseProcess.start(folder, words("abort", NAME, "-o", "json"))) {
            assertThat(abort.awaitExit()).as(Files.readString(abort.err())).isEqualTo(code);
            return abort;
        }
    }

    private Path log() {
        return folder.resolve("vduse4j").resolve(NAME + ".inflight");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--packed", "without its log"})
    void whoWaitsIsLetGo(String how) throws Exception {
        var run = new ArrayList<>(
                List.of("run", "file:" + folder.resolve("disk.img"), "--size", "64M", "--name", NAME, "--queues", "2"));
        if (how.startsWith("--")) {
            run.add(how);
        }
        try (var kernel = kernel();
                var server = VduseProcess.start(folder, words(run.toArray(String[]::new)))) {
            var fio = Fio.start(folder, server.awaitDevice(), 60);
            Thread.sleep(1500);
            assertThat(Files.readString(abort(5).err())).contains("vduse: open stuck: device or resource busy (EBUSY)");
            server.kill();
            fio.goesOn(); // it waits
            if (how.startsWith("without")) {
                Files.delete(log());
                isNotServedOn(words(run.toArray(String[]::new)));
            }
            var abort = abort(0);
            assertThat(abort.awaitDevice()).isEqualTo("{\"name\":\"stuck\",\"state\":\"gone\"}");
            var tool = fio.end();
            assertThat(tool.code()).as(tool.output()).isNotZero();
            assertThat(tool.output()).contains("Input/output error").doesNotContain("verify: bad");
            assertThat(log()).doesNotExist();
            assertThat(folder.resolve("vduse4j")).isEmptyDirectory();
            assertThat(Files.readString(abort(3).err())).contains("(ENOENT)", "there is no VDUSE device of that name");
            assertThat(kernel.stop()).isZero();
            assertThat(Files.readString(kernel.err())).doesNotContain("does not let go");
        }
    }

    /** What was in flight cannot be told any more: to go on would lose it or do it twice (CR-02). */
    private void isNotServedOn(String... run) throws Exception {
        try (var next = VduseProcess.start(folder, run)) {
            assertThat(next.awaitExit()).isEqualTo(1);
            assertThat(next.said()).contains("vduse: take over stuck: ", "(EBADMSG)", "vduse abort stuck");
        }
    }

    @Test
    void aDeviceOfNobodysUseGoes() throws Exception {
        try (var kernel = kernel();
                var server = VduseProcess.start(
                        folder, words("run", "file:" + folder.resolve("d.img"), "--size", "1M", "--name", NAME))) {
            server.awaitDevice();
            server.kill();
            abort(0);
            assertThat(folder.resolve("vduse4j")).isEmptyDirectory();
            assertThat(kernel.stop()).isZero();
        }
    }
}
