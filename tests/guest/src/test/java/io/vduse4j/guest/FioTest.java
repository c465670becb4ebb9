package io.vduse4j.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.Bus;
import io.vduse4j.Disk;
import io.vduse4j.Hosts;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random reads and writes of many sizes, many at once, on two queues; fio checks every block that it has written. */
final class FioTest {

    @Test
    @Tag("quick")
    void verifies24Mib() throws Exception {
        verify(24, Duration.ofMinutes(5));
    }

    @Test
    @Tag("full")
    void verifies512Mib() throws Exception {
        verify(512, Duration.ofMinutes(60));
    }

    private static void verify(int mebibytes, Duration deadline) throws Exception {
        try (var host = Hosts.open("linux");
                var backend = Backends.open("memory:" + 2 * mebibytes + "M", BackendOptions.NONE);
                var disk = Disk.named("fio")
                        .queues(2)
                        .attachTimeout(Shell.PATIENCE)
                        .serve(host, backend, Bus.VIRTIO)) {
            assertThat(Devices.queues(disk.device())).isEqualTo(2);
            var outcome = Shell.run(
                            deadline,
                            "fio",
                            "--name=job",
                            "--filename=" + disk.device(),
                            "--direct=1",
                            "--ioengine=libaio",
                            "--iodepth=32",
                            "--rw=randrw",
                            "--bsrange=4k-256k",
                            "--blockalign=4k",
                            // A process for each queue; a half of the disk for each process.
                            "--numjobs=2",
                            "--cpus_allowed=0,1",
                            "--cpus_allowed_policy=split",
                            "--size=" + mebibytes / 2 + "M",
                            "--offset_increment=" + mebibytes + "M",
                            "--verify=crc32c",
                            "--verify_fatal=1",
                            "--group_reporting",
                            "--output-format=normal")
                    .show()
                    .ok();
            assertThat(outcome.out()).contains("err= 0").doesNotContain("verify:");
            assertThat(disk.isBroken()).isFalse();
        }
    }
}
