package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.vhostuser.VhostUserWire;
import io.vduse4j.virtio.Fault;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory of the log of what is in flight: asked for, passed back, and never believed unchecked (BUG-13, VU-06). */
@Timeout(120)
class InflightTest {

    private static final int QUEUES_AT = 16;
    private static final int SIZE_AT = 18;
    private static final int LENGTH = 1 << 16;

    private UserRig rig;
    private VhostUserFrontEnd frontEnd;

    @BeforeEach
    void open() throws Exception {
        rig = new UserRig();
        frontEnd = rig.connect();
        frontEnd.negotiate();
    }

    @AfterEach
    void theNextOneIsServed() throws Exception {
        frontEnd.close();
        try (var next = rig.started()) {
            new BlkWorkload(0, 256, 8, next.features(), new Random(0)).run(next.queue(0), 50, 4, next.tables());
        }
        rig.close();
    }

    private static ByteBuffer shape(int bytes, long length, long offset, int queues, int size) {
        ByteBuffer payload = FrontEndSocket.payload(bytes).putLong(0, length).putLong(8, offset);
        return payload.putShort(QUEUES_AT, (short) queues).putShort(SIZE_AT, (short) size);
    }

    @ParameterizedTest
    @ValueSource(ints = {VhostUserWire.INFLIGHT_BYTES, VhostUserWire.PADDED_INFLIGHT_BYTES})
    @Spec("VU-06")
    void isAskedForWithAndWithoutPadding(int bytes) throws Exception {
        var answer = frontEnd.socket().askDescriptor(VhostUserRequest.GET_INFLIGHT_FD, shape(bytes, 0, 0, 2, 128));
        try (Fd memory = answer.descriptor()) {
            assertThat(answer.payload().remaining()).isEqualTo(bytes);
            long length = answer.payload().getLong(0);
            assertThat(length).isGreaterThanOrEqualTo(2L * (16 + 128 * 16));
            assertThat(answer.payload().getLong(8)).isZero();
            assertThat(FileIo.status(memory).size()).isEqualTo(length);
            assertThat(Memfd.seals(memory) & Memfd.F_SEAL_SHRINK).isNotZero();
            assertThat(frontEnd.socket()
                            .acknowledged(VhostUserRequest.SET_INFLIGHT_FD, shape(bytes, length, 0, 2, 128), memory))
                    .isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 64", "3, 64", "2, 0", "2, 512", "65535, 65535"})
    @Spec({"VU-06", "BUG-13"})
    void isNotMadeForWhatTheDeviceHasNot(int queues, int size) throws Exception {
        frontEnd.socket()
                .send(
                        VhostUserRequest.GET_INFLIGHT_FD.id(),
                        VhostUserWire.VERSION,
                        shape(VhostUserWire.PADDED_INFLIGHT_BYTES, 0, 0, queues, size));
        assertThat(frontEnd.socket().awaitEnd()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 0, 2, 64, 2", // too small
        "65536, 4096, 2, 64, 2", // beyond the end
        "65536, -4096, 2, 64, 2",
        "-1, 0, 2, 64, 2",
        "9223372036854771712, 4096, 2, 64, 2", // a sum that overflows
        "60000, 8, 2, 64, 2", // not on a page
        "65536, 0, 0, 64, 2",
        "65536, 0, 3, 64, 2",
        "65536, 0, 2, 512, 2",
        "65536, 0, 2, 64, 0" // may be cut off
    })
    @Spec({"VU-06", "BUG-13", "J-01"})
    void isRefusedWhereItCannotBeALog(long length, long offset, int queues, int size, int seals) throws Exception {
        try (Fd memory = Memfd.create("log", LENGTH)) {
            if (seals != 0) {
                Memfd.seal(memory, seals);
            }
            var payload = shape(VhostUserWire.PADDED_INFLIGHT_BYTES, length, offset, queues, size);
            assertThat(frontEnd.socket().acknowledged(VhostUserRequest.SET_INFLIGHT_FD, payload, memory))
                    .isNotZero();
        }
    }

    @Test
    @Spec("VU-06")
    void doesNotChangeUnderRingsThatRun() throws Exception {
        frontEnd.start(2, UserRig.SIZE, 0, 4);
        new BlkWorkload(0, 256, 8, frontEnd.features(), new Random(1)).run(frontEnd.queue(0), 50, 4, frontEnd.tables());
        try (Fd memory = Memfd.create("log", LENGTH)) {
            Memfd.seal(memory, Memfd.F_SEAL_SHRINK);
            var payload = shape(VhostUserWire.PADDED_INFLIGHT_BYTES, LENGTH, 0, 2, 64);
            assertThat(frontEnd.socket().acknowledged(VhostUserRequest.SET_INFLIGHT_FD, payload, memory))
                    .isNotZero();
        }
    }

    /** A log whose content is nonsense breaks its queues, and nothing else: a reset and a new start work. */
    @Test
    @Spec({"CR-02", "BUG-13"})
    void nonsenseInItBreaksTheQueue() throws Exception {
        frontEnd.start(2, UserRig.SIZE, 0, 4);
        Fd memory = frontEnd.log().orElseThrow();
        try (var mapping = Mapping.shared(memory, 0, FileIo.status(memory).size(), true, true)) {
            frontEnd.stop(0);
            frontEnd.stop(1);
            NativeMemory.ALL.asSlice(mapping.address(), mapping.length()).fill((byte) 0x5a);
            frontEnd.reconnect(rig.path);
        }
        long deadline = System.nanoTime() + UserRig.PATIENCE.toNanos();
        while (rig.server.session().isEmpty()
                || rig.server.session().get().counters(0).faults(Fault.LOG_REFUSED) == 0) {
            assertThat(System.nanoTime() - deadline).isNegative();
            Thread.sleep(5);
        }
    }
}
