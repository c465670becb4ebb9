package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.OpenFlags;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.vhostuser.VhostUserWire;
import io.vduse4j.virtio.VirtioFeatures;
import io.vduse4j.virtio.blk.BlkConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that no front end would send: each is refused, and nothing of it is left. */
@Timeout(120)
class MessageTest {

    private static final long MANY = 1L << 32;

    private UserRig rig;
    private Steps steps;
    private Baseline baseline;
    private FrontEndSocket socket;

    @BeforeEach
    void open() throws IOException {
        rig = new UserRig();
        steps = new Steps();
        baseline = new Baseline(rig);
        socket = FrontEndSocket.connect(rig.path, UserRig.PATIENCE);
    }

    /** Whatever was sent, nothing is left when the front end has gone, and the next one is served. */
    @AfterEach
    void nothingIsLeft() throws Exception {
        socket.close();
        try (var next = rig.started()) {
            new BlkWorkload(0, 256, 8, next.features(), new Random(0)).run(next.queue(0), 20, 4, next.tables());
        }
        baseline.check("afterwards");
        steps.close();
        rig.close();
    }

    /** Rings are set up but for the kick; requests are acknowledged. */
    private void setUp() throws LinuxException {
        steps.playTo(socket, VhostUserRequest.SET_VRING_ADDR);
        socket.acknowledge(VhostUserFeatures.OFFERED);
    }

    private void refused(VhostUserRequest request, ByteBuffer payload, Fd... descriptors) throws LinuxException {
        assertThat(socket.acknowledged(request, payload, descriptors))
                .as(request + " of " + payload.remaining() + " bytes")
                .isNotZero();
    }

    private void ended(int request, int flags, ByteBuffer payload, Fd... descriptors) throws LinuxException {
        socket.send(request, flags, payload, descriptors);
        assertThat(socket.awaitEnd()).as("the connection ends").isTrue();
        socket.close();
        socket = FrontEndSocket.connect(rig.path, UserRig.PATIENCE);
    }

    @Test
    @Spec({"VU-06"})
    void aHeaderThatIsNoneEndsTheConnection() throws Exception {
        for (int version : new int[] {0, 2, 3}) {
            ended(VhostUserRequest.GET_FEATURES.id(), version, FrontEndSocket.payload(0));
        }
        ByteBuffer header =
                FrontEndSocket.payload(VhostUserWire.HEADER_BYTES).putInt(0, 1).putInt(4, 1);
        for (int size : new int[] {VhostUserWire.MAX_PAYLOAD + 1, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
            socket.socket().send(header.putInt(8, size).duplicate(), List.of(), UserRig.PATIENCE);
            assertThat(socket.awaitEnd()).as("payload of " + size).isTrue();
            socket.close();
            socket = FrontEndSocket.connect(rig.path, UserRig.PATIENCE);
        }
    }

    /** Payloads of any other length than the request has, with and without a reply. */
    @ParameterizedTest
    @EnumSource
    @Spec({"VU-06"})
    void aPayloadOfAnotherSizeIsRefused(VhostUserRequest request) throws Exception {
        setUp();
        for (int size : new int[] {0, 1, 4, 7, 9, 12, 16, 39, 41, 263, 265, 300, 4096}) {
            ByteBuffer payload = FrontEndSocket.payload(size);
            if (isSize(request, size)) {
                continue;
            }
            if (request == VhostUserRequest.GET_CONFIG) {
                assertThat(socket.ask(request, payload).remaining()).isZero(); // VU-04
            } else if (request.answers()) {
                ended(request.id(), VhostUserWire.VERSION, payload);
                steps.playTo(socket, VhostUserRequest.SET_VRING_ADDR);
            } else {
                refused(request, payload);
            }
        }
    }

    private static boolean isSize(VhostUserRequest request, int size) {
        for (Steps.Step step : stepsOf(request)) {
            if (step.payload().remaining() == size) {
                return true;
            }
        }
        return request == VhostUserRequest.RESET_OWNER && size == 0;
    }

    private static List<Steps.Step> stepsOf(VhostUserRequest request) {
        try (var steps = new Steps()) {
            return steps.all().stream()
                    .filter(step -> step.request() == request)
                    .toList();
        } catch (LinuxException e) {
            throw new AssertionError(e);
        }
    }

    /** Too few, too many, and very many descriptors, for every request; all are closed. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 8, 9, 253})
    @Spec({"VU-06", "VU-08"})
    void anotherNumberOfDescriptorsIsRefused(int count) throws Exception {
        setUp();
        Fd[] descriptors = new Fd[count];
        Arrays.fill(descriptors, steps.call.fd());
        for (Steps.Step step : steps.all()) {
            boolean right = step.descriptors().size() == count
                    || (step.request() == VhostUserRequest.REM_MEM_REG && count == 1);
            if (right || step.request().answers() || step.request() == VhostUserRequest.SET_PROTOCOL_FEATURES) {
                continue;
            }
            refused(step.request(), step.payload(), descriptors);
        }
        // Both ends of the connection, and the channel; two regions.
        baseline.check("while connected", 3, 2);
    }

    @Test
    @Spec({"VU-06"})
    void aRingThatIsNotThereIsRefusedBeforeAnythingIsCutOff() throws Exception {
        setUp();
        for (long index : new long[] {UserRig.QUEUES, 255, 1 << 16, 0x1_0000_0000L >>> 1, 0xffff_ffffL}) {
            int number = (int) index;
            refused(VhostUserRequest.SET_VRING_NUM, FrontEndSocket.state(number, 16));
            refused(VhostUserRequest.SET_VRING_BASE, FrontEndSocket.state(number, 0));
            refused(VhostUserRequest.SET_VRING_ENABLE, FrontEndSocket.state(number, 1));
            refused(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(number));
        }
        for (long index : new long[] {UserRig.QUEUES, 0xff, 1 << 9, 1 << 16, MANY, MANY << 24, Long.MIN_VALUE}) {
            for (var request : List.of(
                    VhostUserRequest.SET_VRING_KICK, VhostUserRequest.SET_VRING_CALL, VhostUserRequest.SET_VRING_ERR)) {
                refused(request, FrontEndSocket.number(index), steps.call.fd());
                refused(request, FrontEndSocket.number(index | VhostUserWire.NO_DESCRIPTOR));
            }
        }
        ended(VhostUserRequest.GET_VRING_BASE.id(), 1, FrontEndSocket.state(UserRig.QUEUES, 0));
    }

    @Test
    @Spec({"VU-06"})
    void whatARingCannotBeIsRefused() throws Exception {
        setUp();
        for (int size : new int[] {0, 257, 1 << 15, 1 << 16, -1}) {
            refused(VhostUserRequest.SET_VRING_NUM, FrontEndSocket.state(0, size));
        }
        refused(VhostUserRequest.SET_VRING_BASE, FrontEndSocket.state(0, 1 << 16));
        refused(VhostUserRequest.SET_VRING_ENABLE, FrontEndSocket.state(0, 2));
        long user = Steps.USER;
        refused(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(0, 1, user, user, user)); // logging
        refused(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(0, 0, user + 8, user, user));
        refused(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(0, 0, user, user + 2, user));
        refused(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(0, 0, user, user, user + 1));
        for (long outside : new long[] {0, user - 16, user + Steps.BYTES, Steps.GUEST, -16}) {
            refused(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(0, 0, outside, user, user));
            refused(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(0, 0, user, outside, user));
            refused(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(0, 0, user, user, outside));
        }
    }

    @Test
    @Spec({"VU-06", "VU-07"})
    void regionsThatCannotBeAreRefusedAndTheOldOnesStay() throws Exception {
        setUp();
        long bytes = Steps.BYTES;
        List<ByteBuffer> wrong = new ArrayList<>(List.of(
                Steps.region(0, 0, 0, 0),
                Steps.region(0, -1, 0, 0),
                Steps.region(-bytes + 1, bytes, 0, 0),
                Steps.region(0, bytes, -bytes + 1, 0),
                Steps.region(0, bytes, 0, Long.MAX_VALUE),
                Steps.region(0, bytes, 0, -bytes),
                Steps.region(0, bytes, 0, bytes + 1),
                Steps.region(0, Long.MAX_VALUE, 0, 0),
                Steps.region(0, 3 * bytes, 0, 0)));
        for (ByteBuffer region : wrong) {
            refused(VhostUserRequest.SET_MEM_TABLE, Steps.table(region), steps.memory);
            ByteBuffer single = FrontEndSocket.payload(8 + VhostUserWire.REGION_BYTES)
                    .putLong(0)
                    .put(region.duplicate().rewind())
                    .flip();
            refused(VhostUserRequest.ADD_MEM_REG, single, steps.memory);
        }
        ByteBuffer here = Steps.region(0, bytes, 0, 0);
        refused( // the same guest addresses
                VhostUserRequest.SET_MEM_TABLE,
                Steps.table(here, Steps.region(bytes - 1, bytes, 4 * bytes, 0)),
                steps.memory,
                steps.memory);
        refused( // the same user addresses
                VhostUserRequest.SET_MEM_TABLE,
                Steps.table(here.rewind(), Steps.region(4 * bytes, bytes, bytes - 1, 0)),
                steps.memory,
                steps.memory);
        refused(VhostUserRequest.ADD_MEM_REG, Steps.single(Steps.GUEST, bytes, 0, 0), steps.memory);
        refused(VhostUserRequest.REM_MEM_REG, Steps.single(Steps.GUEST, bytes, Steps.USER + 1, 0));
        refused(VhostUserRequest.REM_MEM_REG, Steps.single(Steps.GUEST, bytes - 1, Steps.USER, 0));
        refused(VhostUserRequest.SET_MEM_TABLE, Steps.table(here.rewind()), steps.call.fd()); // no file of memory
        try (Fd readOnly = Fd.open("/proc/self/exe", OpenFlags.O_RDONLY)) {
            refused(VhostUserRequest.SET_MEM_TABLE, Steps.table(here.rewind()), readOnly);
        }
        ByteBuffer nine =
                FrontEndSocket.payload(8 + 9 * VhostUserWire.REGION_BYTES).putInt(0, 9);
        refused(VhostUserRequest.SET_MEM_TABLE, nine);
        socket.request(VhostUserRequest.SET_VRING_ADDR, Steps.addresses(0)); // the old table is still there
    }

    @Test
    @Spec({"VU-06"})
    void thereAreAsManySlotsAsItSays() throws Exception {
        setUp();
        long most = socket.askNumber(VhostUserRequest.GET_MAX_MEM_SLOTS);
        assertThat(most).isBetween(64L, 1024L);
        long page = 4096;
        for (long i = 2; i < most; i++) { // two are there
            long at = (i + 2) << 24;
            socket.request(VhostUserRequest.ADD_MEM_REG, Steps.single(at, page, at, 0), steps.memory);
        }
        refused(VhostUserRequest.ADD_MEM_REG, Steps.single(1L << 50, page, 1L << 50, 0), steps.memory);
        socket.request(VhostUserRequest.REM_MEM_REG, Steps.single(4L << 24, page, 4L << 24, 0));
        socket.request(VhostUserRequest.ADD_MEM_REG, Steps.single(1L << 50, page, 1L << 50, 0), steps.memory);
    }

    /** A descriptor that comes with REM_MEM_REG is closed, and the region is removed (VU-10). */
    @Test
    @Spec({"VU-10"})
    void aDescriptorThatShouldNotBeThereIsClosed() throws Exception {
        setUp();
        ByteBuffer region = Steps.single(2 * Steps.GUEST, Steps.BYTES, 2 * Steps.USER, 0);
        socket.request(VhostUserRequest.REM_MEM_REG, region, steps.memory);
        refused(VhostUserRequest.REM_MEM_REG, region);
        baseline.check("while connected", 3, 1);
    }

    @Test
    @Spec({"VU-06"})
    void onlyAnEventfdIsKickedOrCalled() throws Exception {
        setUp();
        try (Fd file = Memfd.create("no-eventfd", 8);
                Fd zero = Fd.open("/dev/zero", OpenFlags.O_RDWR)) {
            for (Fd wrong : List.of(file, zero, socket.socket().fd())) {
                refused(VhostUserRequest.SET_VRING_KICK, FrontEndSocket.number(0), wrong);
                refused(VhostUserRequest.SET_VRING_CALL, FrontEndSocket.number(0), wrong);
                refused(VhostUserRequest.SET_VRING_ERR, FrontEndSocket.number(0), wrong);
            }
            refused(VhostUserRequest.SET_BACKEND_REQ_FD, FrontEndSocket.payload(0), file);
        }
    }

    @Test
    @Spec({"VU-06", "VU-07"})
    void aRequestThatIsNotKnownOrNotNegotiatedIsRefused() throws Exception {
        setUp();
        for (int request : new int[] {0, 6, 7, 19, 20, 22, 23, 26, 33, 35, 41, 44, 1000, -1}) {
            socket.send(request, VhostUserWire.VERSION | VhostUserWire.NEED_REPLY, FrontEndSocket.payload(8));
            assertThat(socket.receive(request).getLong(0))
                    .as("request " + request)
                    .isNotZero();
        }
        socket.send(
                VhostUserRequest.SET_OWNER.id(),
                VhostUserWire.VERSION | VhostUserWire.NEED_REPLY | VhostUserWire.REPLY,
                FrontEndSocket.payload(0));
        assertThat(socket.receive(VhostUserRequest.SET_OWNER.id()).getLong(0)).isNotZero();
        socket.request(VhostUserRequest.SET_PROTOCOL_FEATURES, FrontEndSocket.number(VhostUserFeatures.REPLY_ACK));
        for (VhostUserRequest request : VhostUserRequest.values()) {
            if (request.needs() != 0 && !request.answers()) {
                Steps.Step step = stepsOf(request).stream()
                        .findFirst()
                        .orElse(new Steps.Step(request, Steps.config(0, 4), List.of()));
                refused(request, step.payload(), step.descriptors().isEmpty() ? new Fd[0] : new Fd[] {steps.memory});
            }
        }
        for (long features : new long[] {1L << 14, 1L << 63, -1}) {
            refused(VhostUserRequest.SET_PROTOCOL_FEATURES, FrontEndSocket.number(features));
        }
    }

    @Test
    @Spec({"VU-07"})
    void withoutAReplyARefusalEndsTheConnection() throws Exception {
        steps.playTo(socket, VhostUserRequest.SET_FEATURES);
        ended(VhostUserRequest.SET_VRING_NUM.id(), VhostUserWire.VERSION, FrontEndSocket.state(9, 16));
        // Without REPLY_ACK the flag means nothing.
        socket.send(
                VhostUserRequest.SET_OWNER.id(),
                VhostUserWire.VERSION | VhostUserWire.NEED_REPLY,
                FrontEndSocket.payload(0));
        assertThat(socket.askNumber(VhostUserRequest.GET_FEATURES)).isNotZero();
    }

    @Test
    @Spec({"VD-05", "VD-15", "VD-18"})
    void onlyASubsetOfTheFeaturesIsAccepted() throws Exception {
        steps.playTo(socket, VhostUserRequest.SET_PROTOCOL_FEATURES);
        socket.acknowledge(VhostUserFeatures.OFFERED);
        long offered = socket.askNumber(VhostUserRequest.GET_FEATURES);
        assertThat(offered & VirtioFeatures.VERSION_1).isNotZero();
        for (int bit = 0; bit < Long.SIZE; bit++) {
            long one = 1L << bit;
            long wanted = one | VirtioFeatures.VERSION_1;
            long result = socket.acknowledged(VhostUserRequest.SET_FEATURES, FrontEndSocket.number(wanted));
            assertThat(result == 0).as("bit " + bit).isEqualTo((offered & one) != 0);
        }
        refused(VhostUserRequest.SET_FEATURES, FrontEndSocket.number(0));
    }

    @Test
    @Spec({"VU-04", "VU-05"})
    void theConfigurationIsReadInAnyPartAndNotWritten() throws Exception {
        setUp();
        byte[] all = rig.disk.config();
        for (int offset = 0; offset < 256; offset += 7) {
            for (int size : new int[] {1, 8, 60, 256}) {
                if (offset + size > VhostUserWire.MAX_CONFIG_BYTES) {
                    assertThat(socket.ask(VhostUserRequest.GET_CONFIG, Steps.config(offset, size))
                                    .remaining())
                            .isZero();
                    continue;
                }
                ByteBuffer reply = socket.ask(VhostUserRequest.GET_CONFIG, Steps.config(offset, size));
                assertThat(reply.remaining()).isEqualTo(VhostUserWire.CONFIG_HEADER_BYTES + size);
                byte[] bytes = new byte[size];
                reply.get(VhostUserWire.CONFIG_HEADER_BYTES, bytes);
                assertThat(bytes)
                        .isEqualTo(
                                Arrays.copyOf(Arrays.copyOfRange(all, Math.min(offset, all.length), all.length), size));
            }
        }
        for (int[] wrong : new int[][] {{-1, 4}, {Integer.MAX_VALUE, 4}, {256, 1}, {255, 2}}) {
            assertThat(socket.ask(VhostUserRequest.GET_CONFIG, Steps.config(wrong[0], wrong[1]))
                            .remaining())
                    .isZero();
        }
        // The size that it says is not the one that it has.
        assertThat(socket.ask(VhostUserRequest.GET_CONFIG, Steps.config(0, 8).putInt(4, 9))
                        .remaining())
                .isZero();
        ByteBuffer capacity = Steps.config(BlkConfig.CAPACITY, 8).put(VhostUserWire.CONFIG_HEADER_BYTES, all, 0, 8);
        refused(VhostUserRequest.SET_CONFIG, capacity);
        socket.request(VhostUserRequest.SET_CONFIG, capacity.putInt(8, 1)); // a migration, and nothing changes
        refused(VhostUserRequest.SET_CONFIG, capacity.put(VhostUserWire.CONFIG_HEADER_BYTES, (byte) (all[0] + 1)));
        refused(VhostUserRequest.SET_CONFIG, Steps.config(200, 100));
        assertThat(rig.disk.config()).isEqualTo(all);
    }

    /** Repeated requests take the place of what they repeat (CVE-2020-10726, CVE-2019-14818). */
    @Test
    @Spec({"VU-08"})
    void aThousandRepetitionsTakeNoMore() throws Exception {
        setUp();
        for (int i = 0; i < 1000; i++) {
            socket.request(
                    VhostUserRequest.SET_MEM_TABLE,
                    Steps.table(Steps.region(Steps.GUEST, Steps.BYTES, Steps.USER, 0)),
                    steps.memory);
            socket.request(VhostUserRequest.SET_VRING_NUM, FrontEndSocket.state(0, 16));
            socket.request(VhostUserRequest.SET_VRING_CALL, FrontEndSocket.number(0), steps.call.fd());
            socket.request(VhostUserRequest.SET_VRING_ERR, FrontEndSocket.number(1), steps.call.fd());
            try (EventFd unkicked = EventFd.create()) {
                socket.request(VhostUserRequest.SET_VRING_KICK, FrontEndSocket.number(0), unkicked.fd());
            }
            socket.request(
                    VhostUserRequest.SET_BACKEND_REQ_FD,
                    FrontEndSocket.payload(0),
                    steps.channel.one().fd());
        }
        // Connection twice, call, err, kick, channel; one region.
        baseline.check("while connected", 6, 1);
    }
}
