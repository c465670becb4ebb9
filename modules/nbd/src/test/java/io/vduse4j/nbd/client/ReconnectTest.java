package io.vduse4j.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Request.Op;
import io.vduse4j.linux.Errno;
import io.vduse4j.nbd.HeapExport;
import io.vduse4j.nbd.NbdTraits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of requests when the server goes. */
@Timeout(60)
class ReconnectTest {
    private static final NbdTraits NO_FUA = new NbdTraits(false, true, false, true, true, true, true, 512, 4096);

    @TempDir
    Path folder;

    private ClientRig rig;
    private final HeapExport first = new HeapExport(1 << 20);
    private final HeapExport second = new HeapExport(1 << 20);

    @BeforeEach
    void start() throws Exception {
        rig = new ClientRig(folder);
    }

    @AfterEach
    void stop() throws Exception {
        rig.close();
    }

    @Test
    void whatWasNotAnsweredIsSentAgain() throws Exception {
        rig.serve(first);
        rig.open("");
        first.hold(4);
        for (int slot = 0; slot < 4; slot++) {
            rig.memory(slot).fill((byte) (slot + 1));
            rig.submit(slot, slot == 3 ? Op.READ : Op.WRITE, false);
        }
        assertThat(first.awaitHeld()).isTrue();
        rig.kill();
        second.bytes[3 * 512] = 77;
        rig.serve(second);
        for (int slot = 0; slot < 4; slot++) {
            assertThat(rig.worker().await(slot)).isZero();
        }
        assertThat(second.log).containsExactlyInAnyOrder("write 0", "write 512", "write 1024", "read 1536");
        assertThat(second.bytes[0]).isEqualTo((byte) 1);
        assertThat(second.bytes[1024]).isEqualTo((byte) 3);
        assertThat(rig.memory(3).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0))
                .isEqualTo((byte) 77);
        assertThat(first.bytes).containsOnly(0);
    }

    @Test
    void requestsWaitForAServerThatIsGone() throws Exception {
        rig.serve(first);
        rig.open("");
        rig.stop();
        rig.submit(0, Op.WRITE, false);
        Thread.sleep(500);
        assertThat(rig.worker().hasEnded(0)).isFalse();
        rig.serve(second);
        assertThat(rig.worker().await(0)).isZero();
        assertThat(second.log).containsExactly("write 0");
    }

    @Test
    void requestsFailOnceItIsGoneForTooLongAndSucceedWhenItIsBack() throws Exception {
        rig.serve(first);
        rig.open("&reconnect=1");
        first.hold(1);
        rig.submit(1, Op.WRITE, false);
        assertThat(first.awaitHeld()).isTrue();
        rig.kill();
        rig.submit(2, Op.READ, false);
        long began = System.nanoTime();
        assertThat(rig.worker().await(1)).isEqualTo(Errno.EIO);
        assertThat(rig.worker().await(2)).isEqualTo(Errno.EIO);
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isBetween(Duration.ofMillis(500), Duration.ofSeconds(10));
        assertThat(rig.run(Op.READ)).isEqualTo(Errno.EIO);
        rig.serve(second);
        int errno = Errno.EIO;
        for (int i = 0; i < 100 && errno != 0; i++) {
            Thread.sleep(100);
            errno = rig.run(Op.READ);
        }
        assertThat(errno).isZero();
    }

    @Test
    void aWriteThroughThatWasNotFlushedInItsServersLifeIsWrittenAgain() throws Exception {
        var before = new HeapExport(1 << 20, NO_FUA);
        var after = new HeapExport(1 << 20, NO_FUA);
        rig.serve(before);
        // A second connection that comes meanwhile would have the write done again.
        rig.open("&connections=1");
        before.hold(2);
        rig.submit(0, Op.WRITE, true);
        while (before.log.size() < 1) {
            Thread.sleep(1);
        }
        before.release(0);
        assertThat(before.awaitHeld()).isTrue();
        assertThat(before.log).containsExactly("write 0", "flush");
        rig.kill();
        rig.serve(after);
        assertThat(rig.worker().await(0)).isZero();
        assertThat(after.log).containsExactly("write 0", "flush");
    }

    @Test
    void aSilentServerCountsAsGone() throws Exception {
        rig.serve(first);
        rig.open("&timeout=1");
        first.hold(2);
        rig.submit(0, Op.WRITE, false);
        assertThat(first.awaitHeld()).as("sent again on another connection").isTrue();
        assertThat(first.log).containsExactly("write 0", "write 0");
        first.releaseAll();
        assertThat(rig.worker().await(0)).isZero();
    }

    @Test
    void aServerThatIsShuttingDownIsLeft() throws Exception {
        rig.serve(first);
        rig.open("");
        first.failWith(Errno.ESHUTDOWN);
        rig.submit(0, Op.WRITE, false);
        while (first.log.size() < 2) {
            Thread.sleep(1);
        }
        first.failWith(0);
        assertThat(rig.worker().await(0)).isZero();
    }

    @Test
    void aRequestThatEndsItsServerEachTimeFailsInTheEnd() throws Exception {
        rig.serve(first);
        rig.open("");
        first.failWith(Errno.ESHUTDOWN);
        assertThat(rig.run(Op.READ)).isEqualTo(Errno.EIO);
        assertThat(first.log.size()).isBetween(5, 20);
    }

    @Test
    void aSmallerExportIsNotTakenForTheVolume() throws Exception {
        rig.serve(first);
        rig.open("&reconnect=1");
        rig.stop();
        rig.serve(new HeapExport(1 << 19));
        assertThat(rig.run(Op.READ)).isEqualTo(Errno.EIO);
    }

    @Test
    void aLargerExportIsNews() throws Exception {
        rig.serve(first);
        var backend = rig.open("");
        var told = new AtomicLong();
        backend.onResize(told::set);
        rig.stop();
        rig.serve(new HeapExport(2 << 20));
        assertThat(rig.run(Op.READ)).isZero();
        assertThat(told).hasValue(2 << 20);
        assertThat(backend.size()).isEqualTo(2 << 20);
    }

    @Test
    void aFlushThatFailedIsFinal() throws Exception {
        rig.serve(first);
        var backend = rig.open("");
        backend.flush();
        first.failWith(Errno.EIO);
        assertThatThrownBy(backend::flush).isInstanceOf(IOException.class);
        first.failWith(0);
        assertThatThrownBy(backend::flush).isInstanceOf(IOException.class);
        assertThat(rig.run(Op.WRITE)).isEqualTo(Errno.EIO);
        assertThat(rig.run(Op.READ)).isZero();
    }

    @Test
    void aFlushWaitsForTheServerToo() throws Exception {
        rig.serve(first);
        var backend = rig.open("");
        rig.stop();
        var flush = Thread.ofPlatform().start(() -> {
            try {
                backend.flush();
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
        });
        assertThat(flush.join(Duration.ofMillis(300))).isFalse();
        rig.serve(second);
        assertThat(flush.join(Duration.ofSeconds(20))).isTrue();
        assertThat(second.log).containsExactly("flush");
    }
}
