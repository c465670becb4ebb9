package io.vduse4j.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.block.Backend;
import io.vduse4j.block.spi.BackendOptions;
import io.vduse4j.block.spi.Backends;
import io.vduse4j.linux.Errno;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.faulty.Fault;
import io.vduse4j.testkit.faulty.FaultyFile;
import io.vduse4j.virtio.blk.BlkFeatures;
import io.vduse4j.virtio.blk.BlkRequest;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One sync fails, all later ones would succeed: the kernel has forgotten the data, and we must not. */
@Timeout(120)
class FailedSyncTest {
    private static final int SIZE = 4 << 20;
    private static final byte OK = BlkRequest.S_OK;
    private static final byte IOERR = BlkRequest.S_IOERR;

    private FaultyFile file;

    @BeforeEach
    void serve(@TempDir Path folder) throws Exception {
        FaultyFile.missing().ifPresent(Assumptions::abort);
        file = FaultyFile.serve(folder, SIZE);
    }

    @AfterEach
    void close() throws Exception {
        if (file != null) {
            file.close();
        }
    }

    private Backend open(boolean direct) throws Exception {
        return Backends.open(file.path().toString(), BackendOptions.NONE.withDirect(direct));
    }

    private static BlkCommand write() {
        return BlkCommand.write(8, new byte[4096]);
    }

    private void everythingButReadingFails(ServedFile disk) throws Exception {
        int before = file.trace().size();
        assertThat(disk.run(BlkCommand.flush())).as("a later flush").isEqualTo(IOERR);
        assertThat(disk.run(write())).isEqualTo(IOERR);
        assertThat(disk.run(BlkCommand.writeZeroes(0, 8, false))).isEqualTo(IOERR);
        assertThat(disk.run(BlkCommand.writeZeroes(0, 8, true))).isEqualTo(IOERR);
        assertThat(disk.run(BlkCommand.discard(0, 8))).isEqualTo(IOERR);
        assertThat(disk.run(BlkCommand.read(0, 4096))).isEqualTo(OK);
        assertThat(file.trace()).as("the kernel was asked for nothing").hasSize(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Spec({"R-29", "DU-05"})
    void itIsFinalUntilTheFileIsOpenedAnew(boolean direct) throws Exception {
        try (var backend = open(direct);
                var disk = new ServedFile(backend, 2, 0)) {
            assertThat(disk.run(write())).isEqualTo(OK);
            assertThat(disk.run(BlkCommand.flush())).isEqualTo(OK);
            assertThat(disk.run(write())).isEqualTo(OK);
            file.add(Fault.on(Fault.Op.FSYNC).freezeThenError(Errno.EIO));
            var first = disk.driver(0);
            var second = disk.driver(1);
            assertThat(first.submit(BlkCommand.flush(), Framing.CLASSIC)).isTrue();
            file.awaitFrozen(1);
            // They wait for the next sync, which would succeed.
            assertThat(first.submit(BlkCommand.flush(), Framing.CLASSIC)).isTrue();
            assertThat(second.submit(BlkCommand.flush(), Framing.CLASSIC)).isTrue();
            file.thaw();
            assertThat(first.await().status()).isEqualTo(IOERR);
            assertThat(first.await().status()).as("one that waited").isEqualTo(IOERR);
            assertThat(second.await().status()).as("on another queue").isEqualTo(IOERR);
            everythingButReadingFails(disk);
        }
        try (var backend = open(direct);
                var disk = new ServedFile(backend, 1, 0)) {
            assertThat(disk.run(write())).as("opened anew").isEqualTo(OK);
            assertThat(disk.run(BlkCommand.flush())).isEqualTo(OK);
        }
    }

    /** To a driver without FLUSH each write is its own sync (DU-02). */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Spec({"R-29", "DU-02", "DU-05"})
    void aWriteThroughThatFailsIsFinalToo(boolean direct) throws Exception {
        try (var backend = open(direct);
                var disk = new ServedFile(backend, 1, BlkFeatures.FLUSH)) {
            assertThat(disk.run(write())).isEqualTo(OK);
            assertThat(file.trace().getLast())
                    .satisfiesAnyOf(
                            event -> assertThat(event.stable()).isTrue(),
                            event -> assertThat(event.op()).isEqualTo(Fault.Op.FSYNC));
            file.add(Fault.on(Fault.Op.WRITE).error(Errno.EIO));
            assertThat(disk.run(write())).isEqualTo(IOERR);
            int before = file.trace().size();
            assertThat(disk.run(write())).as("a later write").isEqualTo(IOERR);
            assertThat(disk.run(BlkCommand.writeZeroes(0, 8, false))).isEqualTo(IOERR);
            assertThat(disk.run(BlkCommand.read(0, 4096))).isEqualTo(OK);
            assertThat(file.trace()).hasSize(before);
        }
    }
}
