package io.vduse4j.block;

import static io.vduse4j.block.BlkClient.DISCARD;
import static io.vduse4j.block.BlkClient.IOERR;
import static io.vduse4j.block.BlkClient.OK;
import static io.vduse4j.block.BlkClient.UNSUPP;
import static io.vduse4j.block.BlkClient.WRITE_ZEROES;
import static io.vduse4j.block.BlkClient.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.BlkClient.Result;
import io.vduse4j.block.RecordingBackend.Asked;
import io.vduse4j.block.Request.Op;
import io.vduse4j.linux.Errno;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Discard and write zeroes, which have their ranges in their data. */
class BlkRangeTest {

    private static final int SECTORS = 20480;
    private static final int LONGEST = (8 << 20) / 512;

    private final RecordingBackend backend = new RecordingBackend(RecordingBackend.limits(512, false), SECTORS * 512L);
    private DiskRig rig;
    private BlkClient client;

    @BeforeEach
    void open() throws IOException {
        rig = new DiskRig(backend);
        client = new BlkClient(rig);
    }

    @AfterEach
    void close() throws IOException {
        rig.close();
    }

    private void ends(int status, Result result) {
        assertThat(result.status()).isEqualTo(status);
        assertThat(result.used()).isEqualTo(1);
    }

    private void refused(int status, Result result) {
        ends(status, result);
        assertThat(backend.asked).as("nothing was begun").isEmpty();
    }

    @Test
    @Spec({"VB-08", "VB-09"})
    void rangesAreDoneInTheirOrder() {
        ends(OK, client.ranges(DISCARD, range(0, 8, 0), range(100, 1, 0)));
        ends(OK, client.ranges(WRITE_ZEROES, range(SECTORS - 1, 1, 1), range(7, LONGEST, 0), range(3, 4, 1)));
        assertThat(backend.asked)
                .containsExactly(
                        new Asked(Op.DISCARD, 0, 8 * 512, false, false),
                        new Asked(Op.DISCARD, 100 * 512, 512, false, false),
                        new Asked(Op.WRITE_ZEROES, (SECTORS - 1) * 512L, 512, false, true),
                        new Asked(Op.WRITE_ZEROES, 7 * 512, LONGEST * 512L, false, false),
                        new Asked(Op.WRITE_ZEROES, 3 * 512, 4 * 512, false, true));
    }

    @Test
    @Spec("VB-07")
    void unknownFlagsAreNotSupported() {
        for (int bit = 0; bit < 32; bit++) {
            refused(UNSUPP, client.ranges(DISCARD, range(0, 8, 1 << bit)));
            if (bit > 0) {
                refused(UNSUPP, client.ranges(WRITE_ZEROES, range(0, 8, 1 << bit)));
                refused(UNSUPP, client.ranges(WRITE_ZEROES, range(0, 8, 1 << bit | 1)));
            }
        }
        refused(UNSUPP, client.ranges(DISCARD, range(0, 8, 0), range(8, 8, 1)));
    }

    @ParameterizedTest
    @CsvSource({
        "20480, 1",
        "20479, 2",
        "20481, 0",
        "0, -1", // 2^32 - 1 sectors
        "0, 8388608", // times 512 it is 2^32
        "0, 16385", // longer than was offered
        "-9223372036854775808, 1",
        "36028797018963968, 1", // times 512 it is 0
        "-1, 1",
        "-1, 2",
    })
    @Spec({"VB-17", "BUG-05"})
    void rangesLieWithinTheDisk(long sector, int sectors) {
        for (int type : new int[] {DISCARD, WRITE_ZEROES}) {
            refused(IOERR, client.ranges(type, range(sector, sectors, 0)));
            refused(IOERR, client.ranges(type, range(0, 8, 0), range(sector, sectors, 0)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 17, 31, 33, 1040})
    @Spec("VB-19")
    void rangesHaveSixteenBytesEachAndAreAtMostSixtyFour(int bytes) {
        refused(IOERR, client.request(DISCARD, 0, new byte[bytes], 0));
        refused(IOERR, client.request(WRITE_ZEROES, 0, new byte[bytes], 0));
    }

    @Test
    @Spec("VB-19")
    void sixtyFourRangesAreTaken() {
        List<byte[]> ranges = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            ranges.add(range(i * 8L, 8, 0));
        }
        ends(OK, client.ranges(DISCARD, ranges.toArray(byte[][]::new)));
        assertThat(backend.asked).hasSize(64);
        assertThat(backend.asked.getLast()).isEqualTo(new Asked(Op.DISCARD, 63 * 8 * 512, 8 * 512, false, false));
    }

    @Test
    void emptyRangesAreDoneWithoutTheBackend() {
        refused(OK, client.ranges(WRITE_ZEROES, range(0, 0, 0)));
        refused(OK, client.ranges(DISCARD, range(SECTORS, 0, 0), range(5, 0, 0)));
        ends(OK, client.ranges(DISCARD, range(0, 0, 0), range(1, 1, 0), range(2, 0, 0)));
        assertThat(backend.asked).hasSize(1);
    }

    @Test
    @Spec("VB-15")
    void theFirstErrorEndsTheRequest() {
        backend.before = _ -> backend.asked.size() == 2 ? Errno.EIO : 0;
        ends(IOERR, client.ranges(DISCARD, range(0, 1, 0), range(1, 1, 0), range(2, 1, 0)));
        assertThat(backend.asked).hasSize(2);
        ends(OK, client.ranges(DISCARD, range(3, 1, 0)));
    }

    @Test
    @Spec({"VB-07", "VB-13"})
    void whatTheBackendCannotDoIsNotSupported() throws Exception {
        var poor = new RecordingBackend(
                new Limits(512, 512, 1 << 20, false, false, 0, false, false, 0, false, false), 1 << 20);
        try (DiskRig other = new DiskRig(poor)) {
            var there = new BlkClient(other);
            ends(UNSUPP, there.ranges(DISCARD, range(0, 1, 0)));
            ends(UNSUPP, there.ranges(WRITE_ZEROES, range(0, 1, 0)));
            assertThat(poor.asked).isEmpty();
        }
    }
}
