package io.vduse4j.block;

import static io.vduse4j.block.BlkClient.WRITE_ZEROES;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.RecordingBackend.Asked;
import io.vduse4j.virtio.WritableConfig;
import io.vduse4j.virtio.blk.BlkConfig;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The write cache as a driver switches it while the disk runs. */
class WriteCacheTest {

    private static final long FLUSH = BlkFeatures.FLUSH;
    private static final long WCE = BlkFeatures.CONFIG_WCE;
    private static final int SIZE = 1 << 20;

    private final BlockingQueue<Optional<String>> told = new LinkedBlockingQueue<>();
    private RecordingBackend backend;
    private DiskRig rig;
    private BlkClient client;
    private WritableConfig space;

    private void open(boolean readOnly, long accepted) throws IOException {
        backend = new RecordingBackend(RecordingBackend.limits(512, readOnly), SIZE);
        rig = new DiskRig(backend, new BlkOptions("disk", 1, DiskRig.QUEUE_SIZE, ""), accepted);
        client = new BlkClient(rig);
        space = rig.disk.writableConfig().orElseThrow();
    }

    @AfterEach
    void close() throws IOException {
        rig.close();
    }

    /** Empty if it is done. */
    private Optional<String> set(long features, int offset, int... bytes) throws InterruptedException {
        byte[] written = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            written[i] = (byte) bytes[i];
        }
        space.write(features, offset, written, told::add);
        Optional<String> outcome = told.poll(10, TimeUnit.SECONDS);
        assertThat(outcome).as("an answer").isNotNull();
        return outcome;
    }

    private int writeback(long features) {
        return space.read(features)[BlkConfig.WRITEBACK];
    }

    @Test
    @Spec({"VB-01", "VB-02", "VB-03", "VD-04"})
    void whoCanWriteTheDiskCanSwitchTheCache() throws Exception {
        open(true, ~0L);
        assertThat(space.features()).isZero();
        assertThat(space.read(FLUSH)).isEqualTo(rig.disk.config());
        assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, 0)).isPresent();
        rig.close();
        open(false, ~0L);
        assertThat(space.features()).isEqualTo(WCE);
        assertThat(rig.disk.features() & (FLUSH | WCE))
                .as("for doors that write nothing")
                .isEqualTo(FLUSH);
        assertThat(rig.disk.config()[BlkConfig.WRITEBACK]).isZero();
        byte[] golden = rig.disk.config();
        golden[BlkConfig.WRITEBACK] = 1;
        assertThat(space.read(FLUSH | WCE)).isEqualTo(golden);
    }

    /** What the field says before and after the driver has written 0 to it. */
    @ParameterizedTest
    @CsvSource({"0x000, 1, 0", "0x200, 1, 1", "0xa00, 1, 0", "0x800, 0, 0", "0x040, 0, 0"})
    @Spec({"VB-02", "DU-02"})
    void theFieldSaysTheModeOfThisDriver(String features, int before, int after) throws Exception {
        open(false, ~0L);
        long accepted = Long.decode(features);
        assertThat(writeback(accepted)).isEqualTo(before);
        assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, 0)).isEmpty();
        assertThat(writeback(accepted)).isEqualTo(after);
    }

    @Test
    @Spec("DU-02")
    void nothingElseIsWritten() throws Exception {
        open(false, ~0L);
        byte[] all = space.read(FLUSH | WCE);
        for (int offset = -1; offset <= 256; offset++) {
            for (int length = 1; length <= 3; length++) {
                if (offset != BlkConfig.WRITEBACK || length != 1) {
                    assertThat(set(FLUSH | WCE, offset, new int[length])).isPresent();
                }
            }
        }
        for (int value : new int[] {2, 0x7f, 0x80, 0xff}) {
            assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, value)).isPresent();
        }
        assertThat(set(FLUSH, BlkConfig.WRITEBACK, 0))
                .as("CONFIG_WCE not accepted")
                .isPresent();
        assertThat(set(WCE, BlkConfig.WRITEBACK, 1)).as("FLUSH not accepted").isPresent();
        assertThat(set(WCE, BlkConfig.WRITEBACK, 0)).as("it is so already").isEmpty();
        assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, 1)).isEmpty();
        assertThat(space.read(FLUSH | WCE)).isEqualTo(all);
    }

    @Test
    @Spec({"DU-02", "VB-11"})
    void everyWriteIsStableWhileTheCacheIsOff() throws Exception {
        open(false, ~0L);
        client.write(0, new byte[512]);
        assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, 0)).isEmpty();
        assertThat(backend.flushes).as("before it is told").isEqualTo(1);
        client.write(0, new byte[512]);
        client.ranges(WRITE_ZEROES, BlkClient.range(0, 1, 0));
        client.read(0, 512);
        assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, 1)).isEmpty();
        client.write(0, new byte[512]);
        assertThat(backend.asked).extracting(Asked::fua).containsExactly(false, true, true, false, false);
        assertThat(backend.flushes).isEqualTo(1);
    }

    /** A driver that cannot switch flushes: what another has left behind does not slow it down. */
    @Test
    @Spec("DU-02")
    void aDriverThatCannotSwitchHasTheCache() throws Exception {
        open(false, ~WCE);
        assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, 0)).isEmpty();
        client.write(0, new byte[512]);
        assertThat(backend.asked).extracting(Asked::fua).containsExactly(false);
    }

    @ParameterizedTest
    @CsvSource({"OUT", "WRITE_ZEROES"})
    @Spec({"DU-02", "VB-11"})
    void whatIsUnderWayWhenTheCacheIsSwitchedOffIsFlushedBeforeItEnds(String type) throws Exception {
        open(false, ~0L);
        int[] flushes = {0};
        backend.before = _ -> { // the request is with the backend
            try {
                assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, 0)).isEmpty();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            flushes[0] = backend.flushes;
            backend.before = _ -> 0;
            return 0;
        };
        var result = type.equals("OUT")
                ? client.write(0, new byte[512])
                : client.ranges(BlkRequest.WRITE_ZEROES, BlkClient.range(0, 1, 0), BlkClient.range(4, 1, 0));
        assertThat(result.status()).isZero();
        assertThat(result.used()).isEqualTo(1);
        assertThat(flushes[0]).isEqualTo(1);
        assertThat(backend.asked.getFirst().fua()).isFalse();
        assertThat(backend.flushes).as("one more, behind it").isEqualTo(2);
    }

    @Test
    @Spec({"DU-02", "DU-05"})
    void aFlushThatFailsIsToldAndTheCacheStaysOff() throws Exception {
        open(false, ~0L);
        backend.flushFails = true;
        assertThat(set(FLUSH | WCE, BlkConfig.WRITEBACK, 0)).get().asString().contains("flush");
        assertThat(writeback(FLUSH | WCE)).isZero();
        client.write(0, new byte[512]);
        assertThat(backend.asked).extracting(Asked::fua).containsExactly(true);
    }
}
