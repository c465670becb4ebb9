package io.vduse4j.block;

import static io.vduse4j.block.BlkClient.IN;
import static io.vduse4j.block.BlkClient.OUT;
import static io.vduse4j.block.BlkClient.WRITE_ZEROES;
import static io.vduse4j.block.BlkClient.header;
import static io.vduse4j.block.BlkClient.join;
import static io.vduse4j.block.BlkClient.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.virtio.ChainBuffers;
import io.vduse4j.virtio.GuestMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Memory that is taken away in the middle of a request (J-01): the error comes out for the worker, and the disk knows
 * what is still with its backend, neither more nor less, or its end is told too late or, worse, too early.
 */
@Spec("J-01")
class BlkVanishTest {

    private static final long VANISHING = 0xc000_0000L;
    private static final long PAGE = 4096;

    private final RecordingBackend backend = new RecordingBackend(RecordingBackend.limits(512, false), 1 << 20);
    private DiskRig rig;
    private Fd file;
    private Mapping mapping;

    @BeforeEach
    void open() throws IOException {
        rig = new DiskRig(backend);
        file = Memfd.create("vanishing", PAGE);
        mapping = Mapping.shared(file, 0, PAGE, true, true);
        rig.grant(new GuestMemory.Region(
                VANISHING, VANISHING + PAGE - 1, mapping.address(), GuestMemory.READ | GuestMemory.WRITE));
    }

    @AfterEach
    void close() throws IOException {
        rig.close(); // it looks at what is outstanding
        mapping.close();
        file.close();
    }

    private long put(byte[] bytes) {
        long at = rig.allocate(bytes.length);
        rig.at(at, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        return at;
    }

    private void vanishes(ChainBuffers chain) {
        rig.driver.add(chain);
        rig.driver.publish();
        assertThatThrownBy(rig::work).isInstanceOf(InternalError.class);
        assertThat(rig.handler.outstanding()).isZero();
    }

    @Test
    void theHeader() throws Exception {
        FileIo.truncate(file, 0);
        vanishes(new ChainBuffers().readable(VANISHING, 16).writable(rig.allocate(1), 1));
        assertThat(backend.asked).isEmpty();
    }

    @Test
    void theDataOfAWrite() throws Exception {
        long header = put(header(OUT, 0));
        FileIo.truncate(file, 0);
        vanishes(
                new ChainBuffers().readable(header, 16).readable(VANISHING, 512).writable(rig.allocate(1), 1));
    }

    @Test
    void theDataOfARead() throws Exception {
        long header = put(header(IN, 0));
        FileIo.truncate(file, 0);
        vanishes(
                new ChainBuffers().readable(header, 16).writable(VANISHING, 512).writable(rig.allocate(1), 1));
    }

    /** The backend is done by then: the request is not to be given up a second time. */
    @Test
    void theStatus() throws Exception {
        long header = put(header(IN, 0));
        long data = rig.allocate(512);
        FileIo.truncate(file, 0);
        vanishes(new ChainBuffers().readable(header, 16).writable(data, 512).writable(VANISHING, 1));
        vanishes(new ChainBuffers().readable(header, 16).writable(data, 512).writable(VANISHING, 1));
    }

    @Test
    void theStatusOfManyRanges() throws Exception {
        long request = put(join(header(WRITE_ZEROES, 0), range(0, 1, 0), range(1, 1, 0), range(2, 1, 0)));
        FileIo.truncate(file, 0);
        vanishes(new ChainBuffers().readable(request, 16 + 48).writable(VANISHING, 1));
        assertThat(backend.asked).hasSize(3);
    }

    @Test
    void inTheMiddleOfManyRanges() throws Exception {
        long request = put(join(header(WRITE_ZEROES, 0), range(0, 1, 0), range(1, 1, 0), range(2, 1, 0)));
        backend.before = _ -> {
            if (backend.asked.size() == 2) {
                throw new InternalError("as a mapping does");
            }
            return 0;
        };
        vanishes(new ChainBuffers().readable(request, 16 + 48).writable(rig.allocate(1), 1));
    }

    @Test
    void theOldDataOfAFailedRead() throws Exception {
        long header = put(header(IN, 1 << 20));
        FileIo.truncate(file, 0);
        vanishes(
                new ChainBuffers().readable(header, 16).writable(VANISHING, 512).writable(rig.allocate(1), 1));
    }
}
