package io.vduse4j.testkit.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.block.Backend;
import io.vduse4j.block.SimpleBackends;
import io.vduse4j.linux.EventFd;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.MemoryBudget;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.testkit.BlkCommand;
import io.vduse4j.testkit.BlkDriver;
import io.vduse4j.testkit.BlkResult;
import io.vduse4j.testkit.BlkWorkload;
import io.vduse4j.testkit.DriverArea;
import io.vduse4j.testkit.Framing;
import io.vduse4j.testkit.hostile.Footprint;
import io.vduse4j.vhostuser.VhostUserFeatures;
import io.vduse4j.vhostuser.VhostUserRequest;
import io.vduse4j.virtio.PackedRing;
import io.vduse4j.virtio.RingAddresses;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.VirtioFeatures;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Queues that are reset alone (VIRTIO_F_RING_RESET): GET_VRING_BASE resets, and the messages that set a ring up enable
 * again, while the device and its other queues go on.
 */
@Timeout(180)
class RingResetTest {

    private static final int RESETS = 60;
    private static final int DEPTH = 4;

    /** A read is with the storage for so long. */
    private static final Duration LATE = Duration.ofMillis(10);

    /** Index of the first chain of the queues that were never reset. */
    private static final int BEGIN = 65_500;

    /** Most entries of a queue that begins anew. */
    private static final int MOST = 256;

    /** Sizes that come in turn: powers of two, as split rings need, and any for packed ones. */
    private static final int[] SPLIT = {MOST, 8, 64, 4, 128};

    private static final int[] PACKED = {MOST, 7, 100, 5, 33};

    private static final byte POURED = 0x5a;

    /** Of the index in the available ring (virtio 1.3, 2.7.6). */
    private static final int INDEX_OFFSET = 2;

    private static Backend late(Duration delay) throws LinuxException {
        return SimpleBackends.adapt(new LateStorage(delay), "late", 4, MemoryBudget.process());
    }

    private static UserRig rig() throws Exception {
        return new UserRig(late(LATE));
    }

    private static VhostUserFrontEnd started(UserRig rig, boolean packed) throws LinuxException {
        var frontEnd = rig.connect();
        long without = packed ? 0 : VirtioFeatures.RING_PACKED;
        frontEnd.negotiate(VhostUserFrontEnd.supported() & ~without, VhostUserFeatures.OFFERED);
        assertThat(frontEnd.features() & VirtioFeatures.RING_PACKED).isEqualTo(packed ? VirtioFeatures.RING_PACKED : 0);
        frontEnd.start(UserRig.QUEUES, UserRig.SIZE, MOST, BEGIN, DEPTH);
        return frontEnd;
    }

    /** One queue is reset and gets a new size and a new place; the other serves on, and nothing of it is lost. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Spec({"VD-12", "VD-13", "VD-14"})
    void aQueueIsResetAgainAndAgainWhileAnotherGoesOn(boolean packed) throws Exception {
        var random = new Random(packed ? 1 : 0);
        int[] sizes = packed ? PACKED : SPLIT;
        try (var rig = rig();
                var frontEnd = started(rig, packed);
                var load = new Load(frontEnd, 1)) {
            var workload = new BlkWorkload(0, 1024, 16, frontEnd.features(), random);
            Optional<DriverArea> area = Optional.empty();
            Footprint before = Footprint.now();
            int inFlight = 0;
            for (int i = 0; i < RESETS; i++) {
                workload.run(frontEnd.queue(0), 10, DEPTH, frontEnd.tables());
                if (i == sizes.length) {
                    before = Footprint.now();
                }
                inFlight += lateReads(frontEnd.queue(0), random);
                frontEnd.stop(0);
                takeAll(frontEnd.queue(0));
                if (area.isPresent()) {
                    checkSilent(frontEnd, area.get(), random);
                    frontEnd.removeMemory(area.get());
                }
                int size = sizes[i % sizes.length];
                area = Optional.of(frontEnd.addMemory(frontEnd.restartBytes(size, DEPTH)));
                frontEnd.restart(0, size, area.get());
                assertThat(frontEnd.queue(0).ring().rings().size()).isEqualTo(size);
            }
            workload.run(frontEnd.queue(0), 10, DEPTH, frontEnd.tables());
            assertThat(inFlight).as("requests in flight at the resets").isGreaterThan(RESETS);
            assertThat(load.end()).as("requests of the other queue").isGreaterThan(RESETS);
            Footprint after = Footprint.now();
            assertThat(after.descriptors()).as("descriptors").isEqualTo(before.descriptors());
            assertThat(after.mappings()).as("mappings").isEqualTo(before.mappings());
        }
    }

    /** Puts reads into the queue that the storage keeps for a while; some are seen before the reset, some are not. */
    private static int lateReads(BlkDriver queue, Random random) throws InterruptedException {
        int count = 0;
        while (count < DEPTH && queue.submit(BlkCommand.read(LateStorage.LATE + count, 512), Framing.CLASSIC)) {
            count++;
        }
        Thread.sleep(random.nextInt(3));
        return count;
    }

    /** What the device had taken is given back, well done, before the reset is reported. */
    private static void takeAll(BlkDriver queue) {
        for (Optional<BlkResult> done = queue.poll(); done.isPresent(); done = queue.poll()) {
            done.get().require();
        }
    }

    /** Nothing is written to the ring or to a buffer, and no interrupt is sent, after the reset. */
    private static void checkSilent(VhostUserFrontEnd frontEnd, DriverArea area, Random random)
            throws InterruptedException {
        EventFd call = frontEnd.signals(0).callFd();
        call.drain();
        MemorySegment memory = area.space().asSlice(area.host(), area.bytes()).fill(POURED);
        frontEnd.signals(0).kick(); // by the old descriptor: nobody listens to it any more
        Thread.sleep(random.nextInt(4) == 0 ? LATE.toMillis() : 1);
        MemorySegment poured =
                MemorySegment.ofArray(new byte[(int) area.bytes()]).fill(POURED);
        assertThat(memory.mismatch(poured)).as("first byte that was written").isEqualTo(-1);
        assertThat(call.drain()).as("interrupts").isZero();
    }

    /** The reply waits for what the storage has in hand. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Spec("VD-12")
    void requestsInFlightEndBeforeTheResetIsReported(boolean packed) throws Exception {
        try (var rig = new UserRig(late(Duration.ofMillis(300)));
                var frontEnd = started(rig, packed)) {
            BlkDriver queue = frontEnd.queue(0);
            for (int i = 0; i < DEPTH; i++) {
                assertThat(queue.submit(BlkCommand.read(LateStorage.LATE, 512), Framing.CLASSIC))
                        .isTrue();
            }
            while (rig.server.session().orElseThrow().counters(0).fetched() < DEPTH) {
                Thread.onSpinWait();
            }
            frontEnd.stop(0);
            for (int i = 0; i < DEPTH; i++) {
                assertThat(queue.poll()).as("done before the reply").isPresent();
            }
        }
    }

    /** A ring that its driver has broken is as good as new, and the other one has never stood still. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Spec({"VD-13"})
    void aBrokenQueueIsMendedByItsReset(boolean packed) throws Exception {
        try (var rig = rig();
                var frontEnd = started(rig, packed);
                var error = EventFd.create()) {
            frontEnd.setDescriptor(VhostUserRequest.SET_VRING_ERR, 0, error.fd());
            breakRing(frontEnd, packed);
            long end = System.nanoTime() + UserRig.PATIENCE.toNanos();
            while (error.drain() == 0) {
                assertThat(System.nanoTime() - end).as("broken in time").isNegative();
                Thread.sleep(1);
            }
            frontEnd.queue(1).run(BlkCommand.read(0, 512), Framing.CLASSIC).require();
            frontEnd.stop(0);
            frontEnd.restart(0, 16, frontEnd.addMemory(frontEnd.restartBytes(16, DEPTH)));
            var workload = new BlkWorkload(0, 1024, 16, frontEnd.features(), new Random(7));
            workload.run(frontEnd.queue(0), 100, DEPTH, frontEnd.tables());
            assertThat(error.drain()).isZero();
        }
    }

    /** Split: the index moves on by more than the ring has. Packed: every descriptor says that the list goes on. */
    private static void breakRing(VhostUserFrontEnd frontEnd, boolean packed) {
        RingAddresses rings = frontEnd.queue(0).ring().rings();
        int size = rings.size();
        if (packed) {
            int first = BEGIN % size;
            for (int i = size - 1; i >= 0; i--) { // the first one last: with it all are available
                int at = (first + i) % size;
                int flags = SplitRing.DESC_NEXT | (at >= first ? PackedRing.AVAIL : PackedRing.USED);
                NativeMemory.ALL.set(
                        ValueLayout.JAVA_SHORT_UNALIGNED,
                        rings.descHost() + (long) at * PackedRing.DESC_BYTES + PackedRing.DESC_FLAGS,
                        (short) flags);
            }
        } else {
            NativeMemory.ALL.set(
                    ValueLayout.JAVA_SHORT_UNALIGNED, rings.driverHost() + INDEX_OFFSET, (short) (BEGIN + size + 1));
        }
        frontEnd.signals(0).kick();
    }

    /** A front end that has not accepted the feature gets no queue that was never used. */
    @Test
    void withoutTheFeatureNothingIsReset() throws Exception {
        try (var rig = new UserRig();
                var frontEnd = rig.connect()) {
            frontEnd.negotiate(VhostUserFrontEnd.supported() & ~VirtioFeatures.RING_RESET, VhostUserFeatures.OFFERED);
            frontEnd.start(1, UserRig.SIZE, 0, DEPTH);
            DriverArea area = frontEnd.addMemory(frontEnd.restartBytes(16, DEPTH));
            frontEnd.stopIdle(0);
            assertThatThrownBy(() -> frontEnd.restart(0, 16, area)).isInstanceOf(IllegalStateException.class);
        }
    }
}
