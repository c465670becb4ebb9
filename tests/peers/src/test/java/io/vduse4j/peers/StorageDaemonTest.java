package io.vduse4j.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.vhostuser.VhostUserFrontEnd;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Our front end drives the vhost-user-blk export of {@code qemu-storage-daemon}, which knows nothing of us. */
@Timeout(180)
class StorageDaemonTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long BYTES = 16 << 20;
    private static final int QUEUES = 2;

    @TempDir
    private Path folder;

    private Path socket;
    private ServerProcess daemon;

    @BeforeEach
    void start() throws Exception {
        var image = folder.resolve("disk.img");
        socket = folder.resolve("s");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        daemon = ServerProcess.start(
                folder,
                socket,
                "qemu-storage-daemon",
                "--blockdev",
                "driver=file,node-name=d,filename=" + image,
                "--export",
                "type=vhost-user-blk,id=e,addr.type=unix,addr.path=" + socket + ",node-name=d,writable=on,num-queues="
                        + QUEUES);
    }

    @AfterEach
    void end() throws Exception {
        daemon.kill();
    }

    @Test
    void itsQueuesAreServedAndTellWhereTheyStand() throws Exception {
        try (var frontEnd = VhostUserFrontEnd.connect(socket, PATIENCE)) {
            frontEnd.negotiate();
            assertThat(frontEnd.capacity()).isEqualTo(BYTES / 512);
            frontEnd.start(QUEUES, 64, 0, 8);
            for (int queue = 0; queue < QUEUES; queue++) {
                var workload = new BlkWorkload(queue * 2048L, 2048, 64, frontEnd.features(), new Random(queue));
                workload.run(frontEnd.queue(queue), 300, 8, Framing.Tables.LEADING);
                int base = frontEnd.stopIdle(queue);
                frontEnd.setUp(queue, base);
                workload.run(frontEnd.queue(queue), 300, 8, Framing.Tables.LEADING);
            }
        }
    }

    @Test
    void anotherFrontEndReadsWhatTheFirstHasWritten() throws Exception {
        var data = new byte[4096];
        new Random(7).nextBytes(data);
        for (int i = 0; i < 2; i++) {
            try (var frontEnd = VhostUserFrontEnd.connect(socket, PATIENCE)) {
                frontEnd.negotiate();
                frontEnd.start(1, 64, 0, 4);
                if (i == 0) {
                    frontEnd.queue(0)
                            .run(BlkCommand.write(8, data), Framing.CLASSIC)
                            .require();
                } else {
                    assertThat(frontEnd.queue(0)
                                    .run(BlkCommand.read(8, data.length), Framing.CLASSIC)
                                    .require())
                            .isEqualTo(data);
                }
            }
        }
    }
}
