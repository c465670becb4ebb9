package io.vduse4j.block;

import static io.vduse4j.block.BlkClient.GET_ID;
import static io.vduse4j.block.BlkClient.IN;
import static io.vduse4j.block.BlkClient.IOERR;
import static io.vduse4j.block.BlkClient.OK;
import static io.vduse4j.block.BlkClient.OUT;
import static io.vduse4j.block.BlkClient.POISON;
import static io.vduse4j.block.BlkClient.WRITE_ZEROES;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.BlkClient.Result;
import io.vduse4j.linux.Errno;
import io.vduse4j.virtio.ChainBuffers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests cut into buffers in any way, and those that cannot be answered. */
class BlkFramingTest {

    private static final int DATA = 1024;

    private final RecordingBackend backend = new RecordingBackend(RecordingBackend.limits(512, false), 1 << 20);
    private DiskRig rig;
    private BlkClient client;
    private final byte[] data = new byte[DATA];

    @BeforeEach
    void open() throws IOException {
        rig = new DiskRig(backend);
        client = new BlkClient(rig);
        new Random(5).nextBytes(data);
    }

    @AfterEach
    void close() throws IOException {
        rig.close();
    }

    private void writes(int... cuts) {
        Arrays.fill(backend.bytes, 0, 4096, (byte) 0);
        Result result = client.framed(BlkClient.join(BlkClient.header(OUT, 2), data), cuts, 0, new int[] {});
        assertThat(result.status()).as("cut at %s", Arrays.toString(cuts)).isEqualTo(OK);
        assertThat(result.used()).isEqualTo(1);
        assertThat(Arrays.copyOfRange(backend.bytes, 1024, 2048)).isEqualTo(data);
    }

    private void reads(int... cuts) {
        System.arraycopy(data, 0, backend.bytes, 1024, DATA);
        Result result = client.framed(BlkClient.header(IN, 2), new int[] {}, DATA, cuts);
        assertThat(result.status()).as("cut at %s", Arrays.toString(cuts)).isEqualTo(OK);
        assertThat(result.used()).isEqualTo(DATA + 1);
        assertThat(result.data()).isEqualTo(data);
    }

    @Test
    @Spec({"VS-02", "BUG-06"})
    void headerAndDataAreCutAnywhere() {
        writes();
        for (int cut = 1; cut < 16 + DATA; cut++) {
            writes(cut);
        }
        for (int first = 1; first < 20; first++) {
            for (int second = first + 1; second < 24; second++) {
                writes(first, second);
            }
        }
        writes(IntStream.range(1, 200).toArray()); // a descriptor for each byte
        writes(IntStream.range(1, 200).map(i -> i * 5).toArray());
    }

    @Test
    @Spec({"VS-02", "VS-17"})
    void dataAndStatusAreCutAnywhere() {
        reads();
        for (int cut = 1; cut <= DATA; cut++) {
            reads(cut);
        }
        reads(IntStream.range(1, 200).toArray());
        reads(IntStream.range(DATA - 200, DATA + 1).toArray());
    }

    @Test
    @Spec("VS-02")
    void otherRequestsAreCutAnywhere() {
        byte[] zeroes =
                BlkClient.join(BlkClient.header(WRITE_ZEROES, 0), BlkClient.range(2, 1, 0), BlkClient.range(9, 2, 0));
        for (int cut = 1; cut < zeroes.length; cut++) {
            backend.asked.clear();
            assertThat(client.framed(zeroes, new int[] {cut}, 0, new int[] {}).status())
                    .isEqualTo(OK);
            assertThat(backend.asked).hasSize(2);
            assertThat(backend.asked.getLast().offset()).isEqualTo(9 * 512);
        }
        for (int cut = 1; cut <= 20; cut++) {
            Result id = client.framed(BlkClient.header(GET_ID, 0), new int[] {7}, 20, new int[] {cut});
            assertThat(id.status()).isEqualTo(OK);
            assertThat(new String(id.data(), java.nio.charset.StandardCharsets.US_ASCII))
                    .startsWith("serial\0");
        }
    }

    @Test
    @Spec("VS-11")
    void theRestStandsInAnIndirectTable() {
        long header = rig.allocate(16);
        rig.at(header, 16).copyFrom(MemorySegment.ofArray(BlkClient.header(IN, 2)));
        long to = rig.allocate(DATA + 1);
        System.arraycopy(data, 0, backend.bytes, 1024, DATA);
        for (int direct = 0; direct <= 3; direct++) {
            rig.at(to, DATA + 1).fill(POISON);
            long table = rig.allocate(64);
            var chain =
                    new ChainBuffers().readable(header, 16).writable(to, 512).writable(to + 512, 513);
            rig.driver.add(chain, direct, rig.host(table), table);
            rig.driver.publish();
            assertThat(rig.receive()).isEqualTo(DATA + 1);
            assertThat(rig.at(to, DATA).mismatch(MemorySegment.ofArray(data))).isEqualTo(-1);
            assertThat(rig.byteAt(to + DATA)).isEqualTo(OK);
        }
    }

    @Test
    @Spec("BUG-06")
    void aHeaderThatIsTooShortFails() {
        for (int bytes = 0; bytes < 16; bytes++) {
            Result result = client.framed(new byte[bytes], new int[] {}, 512, new int[] {512});
            assertThat(result.status()).isEqualTo(IOERR);
            assertThat(result.used()).isEqualTo(1);
            assertThat(result.data()).containsOnly(0);
        }
        assertThat(backend.asked).isEmpty();
    }

    @Test
    @Spec({"BUG-09", "VS-17"})
    void aChainWithoutRoomForAStatusComesBackEmpty() {
        long at = rig.allocate(1024);
        rig.at(at, 16).copyFrom(MemorySegment.ofArray(BlkClient.header(OUT, 0)));
        assertThat(rig.exchange(new ChainBuffers().readable(at, 16).readable(at + 16, 512)))
                .isZero();
        assertThat(rig.exchange(new ChainBuffers().readable(at, 16))).isZero();
        assertThat(rig.exchange(new ChainBuffers().readable(at, 16).writable(at + 600, 0)))
                .isZero();
        assertThat(backend.asked).isEmpty();
    }

    private void fails(ChainBuffers chain, long status) {
        rig.at(status, 1).fill(POISON);
        assertThat(rig.exchange(chain)).isEqualTo(1);
        assertThat(rig.byteAt(status)).isEqualTo(IOERR);
        assertThat(backend.asked).as("the backend does not know of it").isEmpty();
    }

    /** The request fails and says so, as far as its status can be reached. */
    @Test
    @Spec({"VS-05", "BUG-03"})
    void buffersThatAreNotThereFailTheRequest() {
        long header = rig.allocate(16);
        long buffer = rig.allocate(1024);
        long status = rig.allocate(1);
        rig.at(header, 16).copyFrom(MemorySegment.ofArray(BlkClient.header(OUT, 0)));
        fails(
                new ChainBuffers()
                        .readable(DiskRig.NOWHERE, 16)
                        .readable(buffer, 512)
                        .writable(status, 1),
                status);
        fails(
                new ChainBuffers()
                        .readable(header, 16)
                        .readable(DiskRig.NOWHERE, 512)
                        .writable(status, 1),
                status);
        fails(new ChainBuffers().readable(header, 16).readable(-100, 512).writable(status, 1), status);
        fails(
                new ChainBuffers()
                        .readable(header, 16)
                        .readable(DiskRig.BASE + (8 << 20) - 511, 512)
                        .writable(status, 1),
                status);
        rig.at(header, 16).copyFrom(MemorySegment.ofArray(BlkClient.header(IN, 0)));
        fails(
                new ChainBuffers()
                        .readable(header, 16)
                        .writable(DiskRig.NOWHERE, 512)
                        .writable(status, 1),
                status);
        fails(
                new ChainBuffers()
                        .readable(header, 16)
                        .writable(DiskRig.READ_ONLY, 512)
                        .writable(status, 1),
                status);
        rig.at(buffer, 1024).fill(POISON);
        fails(
                new ChainBuffers()
                        .readable(header, 16)
                        .writable(buffer, 512)
                        .writable(DiskRig.NOWHERE, 512)
                        .writable(status, 1),
                status);
        assertThat(rig.at(buffer, 512).mismatch(MemorySegment.ofArray(new byte[512])))
                .as("what was there before does not look like data (BUG-07)")
                .isEqualTo(-1);
    }

    @Test
    @Spec({"VS-05", "BUG-09"})
    void aStatusThatCannotBeReachedLeavesTheChainEmpty() {
        long header = rig.allocate(16);
        long buffer = rig.allocate(512);
        rig.at(header, 16).copyFrom(MemorySegment.ofArray(BlkClient.header(IN, 0)));
        for (long status : new long[] {DiskRig.NOWHERE, DiskRig.READ_ONLY, -1}) {
            var chain = new ChainBuffers()
                    .readable(header, 16)
                    .writable(buffer, 512)
                    .writable(status, 1);
            assertThat(rig.exchange(chain)).isZero();
        }
        assertThat(backend.asked).isEmpty();
    }

    @Test
    @Spec({"BUG-07", "VS-17"})
    void aReadThatFailsLeavesNothingOfBefore() {
        backend.before = _ -> Errno.EIO;
        for (int cut : new int[] {1, 512, 1000, DATA}) {
            Result result = client.framed(BlkClient.header(IN, 2), new int[] {}, DATA, new int[] {cut});
            assertThat(result.status()).isEqualTo(IOERR);
            assertThat(result.used()).isEqualTo(1);
            assertThat(result.data()).containsOnly(0);
        }
    }

    @Test
    void aWriteThatFailsSaysSo() {
        backend.before = _ -> Errno.ENOSPC;
        Result result = client.write(0, data);
        assertThat(result.status()).isEqualTo(IOERR);
        assertThat(result.used()).isEqualTo(1);
    }
}
