package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A load of random writes that are read back and compared, from a process of its own. */
final class Fio {
    private static final List<String> WORDS = List.of(
            "fio",
            "--name=job",
            "--ioengine=nbd",
            "--rw=randwrite",
            "--bs=4k",
            "--iodepth=32",
            "--size=64M",
            "--time_based",
            "--rate=24m",
            "--fsync=64",
            "--verify=crc32c",
            "--verify_backlog=256",
            "--verify_fatal=1");

    private final CompletableFuture<Tool> run;

    private Fio(CompletableFuture<Tool> run) {
        this.run = run;
    }

    /**
     * Starts one.
     *
     * @param uri of a disk of 64 MiB
     * @param seconds how long it shall write
     */
    static Fio start(Path folder, String uri, int seconds) {
        var words = new ArrayList<>(WORDS);
        words.add("--uri=" + uri);
        words.add("--runtime=" + seconds);
        return new Fio(CompletableFuture.supplyAsync(() -> {
            try {
                return Tool.run(folder, words.toArray(String[]::new));
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }));
    }

    /** It must still write. */
    void goesOn() {
        assertThat(run).as("fio goes on").isNotDone();
    }

    /** Waits for its end. */
    Tool end() throws Exception {
        return run.get(3, TimeUnit.MINUTES);
    }

    /** Waits for its end, which must be without any error. */
    void endsWell() throws Exception {
        var tool = end();
        assertThat(tool.code()).as(tool.output()).isZero();
        assertThat(tool.output()).doesNotContain("verify: bad").contains("err= 0");
    }
}
