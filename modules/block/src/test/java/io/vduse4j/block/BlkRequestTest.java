package io.vduse4j.block;

import static io.vduse4j.block.BlkClient.DISCARD;
import static io.vduse4j.block.BlkClient.FLUSH;
import static io.vduse4j.block.BlkClient.GET_ID;
import static io.vduse4j.block.BlkClient.IN;
import static io.vduse4j.block.BlkClient.IOERR;
import static io.vduse4j.block.BlkClient.OK;
import static io.vduse4j.block.BlkClient.OUT;
import static io.vduse4j.block.BlkClient.UNSUPP;
import static io.vduse4j.block.BlkClient.WRITE_ZEROES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.BlkClient.Result;
import io.vduse4j.block.RecordingBackend.Asked;
import io.vduse4j.block.Request.Op;
import io.vduse4j.linux.Errno;
import io.vduse4j.virtio.blk.BlkFeatures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every type of request, with what the driver may and may not say in it. */
class BlkRequestTest {

    private static final int SECTORS = 2048;
    private static final int SIZE = SECTORS * 512;

    private RecordingBackend backend;
    private DiskRig rig;
    private BlkClient client;

    private void open(int blockSize, boolean readOnly, String serial, long accepted) throws IOException {
        backend = new RecordingBackend(RecordingBackend.limits(blockSize, readOnly), SIZE);
        new Random(1).nextBytes(backend.bytes);
        rig = new DiskRig(backend, new BlkOptions("disk", 1, DiskRig.QUEUE_SIZE, serial), accepted);
        client = new BlkClient(rig);
    }

    private void open() throws IOException {
        open(512, false, "serial", ~0L);
    }

    @AfterEach
    void close() throws IOException {
        if (rig != null) {
            rig.close();
        }
    }

    private static byte[] data(int bytes) {
        byte[] data = new byte[bytes];
        new Random(bytes).nextBytes(data);
        return data;
    }

    private byte[] stored(int from, int length) {
        return Arrays.copyOfRange(backend.bytes, from, from + length);
    }

    /** Refused, and the backend does not know of it. */
    private void refused(int status, Result result) {
        assertThat(result.status()).isEqualTo(status);
        assertThat(result.used()).isEqualTo(1);
        assertThat(result.data()).as("nothing of before").isEqualTo(new byte[result.data().length]);
        assertThat(backend.asked).isEmpty();
    }

    private void done(Result result) {
        assertThat(result.status()).isEqualTo(OK);
        assertThat(result.used()).isEqualTo(1);
    }

    /** The client poisons what the device is to write. */
    @Test
    @Spec({"VS-06", "VP-04"})
    void whatStandsInABufferThatIsFilledReachesNobody() throws Exception {
        open();
        byte[] before = backend.bytes.clone();
        client.read(0, 4096);
        client.write(100, data(512));
        System.arraycopy(data(512), 0, before, 100 * 512, 512);
        assertThat(backend.bytes).isEqualTo(before);
    }

    @Test
    @Spec("VS-17")
    void aReadGivesWhatIsStored() throws Exception {
        open();
        Result result = client.read(3, 4096);
        assertThat(result.status()).isEqualTo(OK);
        assertThat(result.used()).isEqualTo(4097);
        assertThat(result.data()).isEqualTo(stored(3 * 512, 4096));
        assertThat(backend.asked).containsExactly(new Asked(Op.READ, 3 * 512, 4096, false, false));
    }

    @Test
    void aWriteStores() throws Exception {
        open();
        byte[] data = data(8192);
        byte[] before = backend.bytes.clone();
        done(client.write(100, data));
        System.arraycopy(data, 0, before, 100 * 512, data.length);
        assertThat(backend.bytes).as("its own sectors and no others").isEqualTo(before);
        assertThat(backend.asked).containsExactly(new Asked(Op.WRITE, 100 * 512, 8192, false, false));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 513, 1023, 1025, 4095})
    @Spec("VB-19")
    void aTransferIsOfWholeSectors(int bytes) throws Exception {
        open();
        refused(IOERR, client.read(0, bytes));
        refused(IOERR, client.write(0, data(bytes)));
    }

    @Test
    void aTransferOfNothingIsDone() throws Exception {
        open();
        done(client.read(0, 0));
        done(client.write(SECTORS, new byte[0]));
        refused(IOERR, client.read(SECTORS + 1, 0));
        assertThat(backend.asked).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "2047, 1024",
        "2048, 512",
        "2049, 512",
        "4611686018427387904, 512", // 2^62
        "-9223372036854775808, 512", // 2^63
        "36028797018963968, 512", // times 512 it is 0
        "36028797018963969, 512",
        "-1, 512", // 2^64 - 1
        "-1, 1024",
        "-2, 1024",
    })
    @Spec({"VB-17", "BUG-05"})
    void aTransferLiesWithinTheDisk(long sector, int bytes) throws Exception {
        open();
        refused(IOERR, client.read(sector, bytes));
        refused(IOERR, client.write(sector, data(bytes)));
    }

    @Test
    @Spec("VB-17")
    void theLastSectorIsWithinTheDisk() throws Exception {
        open();
        done(client.write(SECTORS - 1, data(512)));
        assertThat(client.read(SECTORS - 1, 512).data()).isEqualTo(data(512));
    }

    @Test
    void aTransferIsNotLongerThanTheBackendTakes() throws Exception {
        open();
        backend.size = 1L << 40;
        refused(IOERR, client.read(0, (1 << 20) + 512));
        backend.before = _ -> Errno.EIO; // it has no such memory
        client.read(0, 1 << 20);
        assertThat(backend.asked).containsExactly(new Asked(Op.READ, 0, 1 << 20, false, false));
    }

    @Test
    void whatIsBesideTheDataIsRefused() throws Exception {
        open();
        refused(IOERR, client.request(IN, 0, data(512), 512));
        refused(IOERR, client.request(OUT, 0, data(512), 512));
        refused(IOERR, client.request(OUT, 0, new byte[0], 512));
    }

    @Test
    void largeBlocksAreNotCut() throws Exception {
        open(4096, false, "", ~0L);
        refused(IOERR, client.read(1, 4096));
        refused(IOERR, client.read(0, 512));
        refused(IOERR, client.read(8, 4608));
        refused(IOERR, client.write(7, data(4096)));
        refused(IOERR, client.ranges(DISCARD, BlkClient.range(8, 9, 0)));
        refused(IOERR, client.ranges(WRITE_ZEROES, BlkClient.range(4, 8, 0)));
        assertThat(client.read(8, 8192).data()).isEqualTo(stored(4096, 8192));
    }

    @Test
    @Spec("VB-13")
    void unknownTypesAreSaidToBe() throws Exception {
        open();
        for (int type = 0; type < 256; type++) {
            if (type != IN
                    && type != OUT
                    && type != FLUSH
                    && type != GET_ID
                    && type != DISCARD
                    && type != WRITE_ZEROES) {
                refused(UNSUPP, client.request(type, 0, new byte[0], 0));
                refused(UNSUPP, client.request(type, 0, data(512), 512));
            }
        }
        for (int type : new int[] {0x8000_0000, 0x8000_0001, 0x100, 0x0100_0000, -1}) { // the barrier bit of old
            refused(UNSUPP, client.request(type, 0, new byte[0], 512));
        }
    }

    @Test
    @Spec("VB-18")
    void aFlushIsOneOfTheBackend() throws Exception {
        open();
        done(client.request(FLUSH, 0, new byte[0], 0));
        done(client.request(FLUSH, -1, new byte[0], 0));
        assertThat(backend.flushes).isEqualTo(2);
    }

    @Test
    @Spec("DU-05")
    void aFlushThatFailedFailsForGood() throws Exception {
        open();
        backend.flushFails = true;
        assertThat(client.request(FLUSH, 0, new byte[0], 0).status()).isEqualTo(IOERR);
        backend.flushFails = false;
        assertThat(client.request(FLUSH, 0, new byte[0], 0).status()).isEqualTo(IOERR);
        assertThat(backend.flushes).isEqualTo(1);
    }

    /** Without FLUSH the driver takes every completed write as stable, and cannot ask (DU-02). */
    @Test
    @Spec({"DU-02", "VB-11"})
    void withoutFlushWritesGoThrough() throws Exception {
        open(512, false, "", ~BlkFeatures.FLUSH);
        client.write(0, data(512));
        client.ranges(WRITE_ZEROES, BlkClient.range(0, 1, 0));
        client.read(0, 512);
        assertThat(backend.asked).extracting(Asked::fua).containsExactly(true, true, false);
    }

    @Test
    @Spec("DU-02")
    void withFlushWritesDoNotGoThrough() throws Exception {
        open();
        client.write(0, data(512));
        client.ranges(WRITE_ZEROES, BlkClient.range(0, 1, 0));
        assertThat(backend.asked).extracting(Asked::fua).containsExactly(false, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "nineteen-characters", "twenty-characters-ab", "äöüäöüäöüä"})
    @Spec("VB-16")
    void theSerialNumberHasTwentyBytes(String serial) throws Exception {
        open(512, false, serial, ~0L);
        Result result = client.request(GET_ID, 0, new byte[0], 20);
        assertThat(result.status()).isEqualTo(OK);
        assertThat(result.used()).isEqualTo(21);
        assertThat(result.data()).isEqualTo(Arrays.copyOf(serial.getBytes(StandardCharsets.UTF_8), 20));
        refused(IOERR, client.request(GET_ID, 0, new byte[0], 19));
        refused(IOERR, client.request(GET_ID, 0, new byte[0], 21));
        refused(IOERR, client.request(GET_ID, 0, new byte[0], 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"twenty-one-characters", "äöüäöüäöüäx"})
    @Spec("VB-16")
    void aLongerSerialNumberIsRefused(String serial) {
        assertThatThrownBy(() -> new BlkOptions("disk", 1, 64, serial))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(serial);
    }

    @Test
    @Spec("VB-06")
    void aReadOnlyDiskIsOnlyRead() throws Exception {
        open(512, true, "serial", ~BlkFeatures.RO); // also if the driver does not know that it is
        refused(IOERR, client.write(0, data(512)));
        refused(IOERR, client.write(0, new byte[0]));
        refused(IOERR, client.ranges(DISCARD, BlkClient.range(0, 8, 0)));
        refused(IOERR, client.ranges(WRITE_ZEROES, BlkClient.range(0, 8, 1)));
        done(client.request(FLUSH, 0, new byte[0], 0));
        assertThat(client.request(GET_ID, 0, new byte[0], 20).status()).isEqualTo(OK);
        assertThat(client.read(0, 512).data()).isEqualTo(stored(0, 512));
    }
}
