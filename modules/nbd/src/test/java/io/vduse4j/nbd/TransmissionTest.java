package io.vduse4j.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.nbd.RawClient.Simple;
import io.vduse4j.nbd.wire.Nbd.Chunk;
import io.vduse4j.nbd.wire.Nbd.Command;
import io.vduse4j.nbd.wire.Nbd.CommandFlag;
import io.vduse4j.nbd.wire.Nbd.Transmission;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class TransmissionTest {
    private static final int SIZE = 4 << 20;

    @TempDir
    Path folder;

    private NbdServer server;
    private HeapExport disk;

    @BeforeEach
    void start() throws Exception {
        server = NbdServer.listen(folder.resolve("s"), NbdLimits.DEFAULT);
        disk = new HeapExport(SIZE);
        server.add("disk", disk);
    }

    @AfterEach
    void stop() throws Exception {
        disk.releaseAll();
        server.close();
    }

    private RawClient client() throws Exception {
        return RawClient.begun(server.address(), "disk");
    }

    private static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void writtenBytesAreReadBack() throws Exception {
        try (var client = client()) {
            for (int length : new int[] {512, 4096, 60_000 / 512 * 512, 64 << 10, 1 << 20, SIZE}) {
                var data = random(length);
                client.write(0, 1, SIZE - length, data);
                assertThat(client.simple()).isEqualTo(new Simple(0, 1));
                client.request(Command.READ, 0, 2, SIZE - length, length);
                assertThat(client.simple()).isEqualTo(new Simple(0, 2));
                assertThat(client.bytes(length)).isEqualTo(data);
            }
        }
    }

    @Test
    void aStructuredReadIsOneChunk() throws Exception {
        new Random(1).nextBytes(disk.bytes);
        try (var client = RawClient.structured(server.address(), "disk")) {
            for (int flags : new int[] {0, CommandFlag.DF, CommandFlag.FUA}) {
                client.request(Command.READ, flags, 5, 1024, 1 << 20);
                var part = client.part();
                assertThat(part.flags()).isEqualTo(Chunk.FLAG_DONE);
                assertThat(part.type()).isEqualTo(Chunk.OFFSET_DATA);
                assertThat(part.cookie()).isEqualTo(5);
                assertThat(part.buffer().getLong()).isEqualTo(1024);
                assertThat(Arrays.copyOfRange(part.data(), 8, part.data().length))
                        .isEqualTo(Arrays.copyOfRange(disk.bytes, 1024, 1024 + (1 << 20)));
            }
        }
    }

    @Test
    void anErrorOfAStructuredReadHasItsTextAndNoData() throws Exception {
        try (var client = RawClient.structured(server.address(), "disk")) {
            disk.failWith(Errno.EIO);
            client.request(Command.READ, 0, 6, 0, 4096);
            var part = client.part();
            assertThat(part.flags()).isEqualTo(Chunk.FLAG_DONE);
            assertThat(part.type()).isEqualTo(Chunk.ERROR);
            assertThat(part.buffer().getInt()).isEqualTo(Errno.EIO);
            assertThat(part.data()).hasSize(6 + part.buffer().getShort(4));
            disk.failWith(0);
            client.request(Command.FLUSH, 0, 7, 0, 0);
            assertThat(client.simple()).isEqualTo(new Simple(0, 7));
        }
    }

    @Test
    void flagsReachTheExport() throws Exception {
        try (var client = client()) {
            client.write(CommandFlag.FUA, 1, 512, new byte[512]);
            client.simple();
            client.request(Command.TRIM, CommandFlag.FUA, 1, 1024, 2048);
            client.simple();
            client.request(Command.TRIM, 0, 1, 0, SIZE);
            client.simple();
            client.request(Command.WRITE_ZEROES, 0, 1, 512, 1024);
            client.simple();
            client.request(Command.WRITE_ZEROES, CommandFlag.NO_HOLE | CommandFlag.FUA, 1, 0, 1024);
            client.simple();
            client.request(Command.CACHE, 0, 1, 0, SIZE);
            client.simple();
            client.request(Command.FLUSH, 0, 1, 0, 0);
            client.simple();
        }
        assertThat(disk.log)
                .containsExactly(
                        "write 512 fua",
                        "trim 1024 2048 fua",
                        "trim 0 " + SIZE,
                        "zero 512 1024 unmap",
                        "zero 0 1024 fua",
                        "cache 0 " + SIZE,
                        "flush");
    }

    @ParameterizedTest
    @CsvSource({
        // command, flags, offset, length, errno
        "0, 0, 4194304, 512, 22",
        "0, 0, 4193792, 1024, 22",
        "0, 0, 0, 0, 22",
        "0, 0, 1, 512, 22",
        "0, 0, 512, 511, 22",
        "0, 0, -512, 512, 22",
        "0, 0, 9223372036854775296, 1024, 22",
        "0, 0, 0, 4294967295, 22",
        "0, 0, 0, 33554944, 22",
        "0, 4, 0, 512, 22",
        "0, 32, 0, 512, 22",
        "2147, 0, 0, 512, 22",
        "8, 0, 0, 512, 22",
        "7, 0, 0, 512, 22",
        "3, 0, 512, 0, 22",
        "3, 0, 0, 512, 22",
        "3, 2, 0, 0, 22",
        "4, 0, 4194304, 512, 28",
        "4, 0, 0, 4294966784, 28",
        "4, 2, 0, 512, 22",
        "6, 0, -512, 512, 28",
        "6, 0, 0, 1, 22",
        "6, 16, 0, 512, 22",
        "6, 8, 0, 512, 22",
        "5, 0, 0, 0, 22"
    })
    void whatIsNotAllowedIsRefusedAndTheConnectionGoesOn(int command, int flags, long offset, long length, int errno)
            throws Exception {
        try (var client = client()) {
            client.request(command, flags, 99, offset, length);
            assertThat(client.simple()).isEqualTo(new Simple(errno, 99));
            assertThat(disk.log).isEmpty();
            client.request(Command.FLUSH, 0, 100, 0, 0);
            assertThat(client.simple()).isEqualTo(new Simple(0, 100));
        }
    }

    @ParameterizedTest
    @CsvSource({"4194304, 512, 28", "0, 511, 22", "0, 33554944, 22"})
    void aRefusedWriteIsPassedOver(long offset, int length, int errno) throws Exception {
        try (var client = client()) {
            client.write(0, 1, offset, new byte[length]);
            assertThat(client.simple()).isEqualTo(new Simple(errno, 1));
            client.request(Command.READ, 0, 2, 0, 512);
            assertThat(client.simple()).isEqualTo(new Simple(0, 2));
        }
    }

    @Test
    void aWriteTooLongToPassOverDisconnects() throws Exception {
        try (var client = client()) {
            client.request(Command.WRITE, 0, 1, 0, 0xffff_fe00L);
            assertThat(client.simple()).isEqualTo(new Simple(Errno.EINVAL, 1));
            assertThat(client.isDisconnected()).isTrue();
        }
        client().close();
    }

    @Test
    void nothingIsWrittenToAReadOnlyExport() throws Exception {
        var traits = new NbdTraits(true, true, true, true, true, true, true, 1, 512);
        server.add("sealed", new HeapExport(SIZE, traits));
        try (var client = RawClient.greeted(server.address())) {
            assertThat(client.begin("sealed"))
                    .isEqualTo(Transmission.HAS_FLAGS
                            | Transmission.READ_ONLY
                            | Transmission.SEND_FLUSH
                            | Transmission.SEND_CACHE
                            | Transmission.CAN_MULTI_CONN);
            client.write(0, 1, 0, new byte[100]);
            assertThat(client.simple()).isEqualTo(new Simple(Errno.EPERM, 1));
            for (int command : new int[] {Command.TRIM, Command.WRITE_ZEROES}) {
                client.request(command, 0, 2, 0, 512);
                assertThat(client.simple()).isEqualTo(new Simple(Errno.EPERM, 2));
            }
            client.request(Command.READ, 0, 3, 1, 3);
            assertThat(client.simple()).isEqualTo(new Simple(0, 3));
            assertThat(client.bytes(3)).containsOnly(0);
        }
    }

    @Test
    void blockStatusTellsHoles() throws Exception {
        try (var client = RawClient.structured(server.address(), "disk")) {
            client.request(Command.BLOCK_STATUS, 0, 1, 0, SIZE);
            assertThat(client.part().extents()).containsExactly(SIZE / 2, 0, SIZE / 2, 3);
            client.request(Command.BLOCK_STATUS, CommandFlag.REQ_ONE, 1, 0, SIZE);
            assertThat(client.part().extents()).containsExactly(SIZE / 2, 0);
            client.request(Command.BLOCK_STATUS, 0, 1, SIZE / 2 - 512, 1024);
            assertThat(client.part().extents()).containsExactly(512, 0, 512, 3);
            disk.failWith(Errno.ENOMEM);
            client.request(Command.BLOCK_STATUS, 0, 1, 0, 512);
            assertThat(client.part().buffer().getInt()).isEqualTo(Errno.ENOMEM);
        }
    }

    @Test
    void requestsAreServedAtOnceAndAnsweredAsTheyEnd() throws Exception {
        disk.hold(3);
        try (var client = client()) {
            for (int i = 0; i < 3; i++) {
                client.request(Command.READ, 0, i, i * 512L, 512);
            }
            assertThat(disk.awaitHeld()).isTrue();
            for (int i = 2; i >= 0; i--) {
                disk.release(i);
                assertThat(client.simple()).isEqualTo(new Simple(0, i));
                client.bytes(512);
            }
        }
    }

    @Test
    void errorsOfTheExportAreTheProtocolsOwn() throws Exception {
        try (var client = client()) {
            int[][] pairs = {
                {Errno.EIO, Errno.EIO}, {Errno.EROFS, Errno.EPERM}, {Errno.EDQUOT, Errno.ENOSPC},
                {Errno.ETIMEDOUT, Errno.EIO}, {Errno.ENOMEM, Errno.ENOMEM}, {Errno.EFBIG, Errno.ENOSPC}
            };
            for (var pair : pairs) {
                disk.failWith(pair[0]);
                client.request(Command.READ, 0, 1, 0, 512);
                assertThat(client.simple()).isEqualTo(new Simple(pair[1], 1));
            }
        }
    }

    @Test
    void disconnectingWaitsForWhatIsUnderWay() throws Exception {
        disk.hold(1);
        try (var client = client()) {
            client.request(Command.READ, 0, 1, 0, 512);
            client.request(Command.DISC, 0, 2, 0, 0);
            assertThat(disk.awaitHeld()).isTrue();
            disk.releaseAll();
            assertThat(client.simple()).isEqualTo(new Simple(0, 1));
            client.bytes(512);
            assertThat(client.isDisconnected()).isTrue();
        }
    }
}
