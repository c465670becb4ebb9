package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.virtio.SplitRing;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory of a device with a driver: queues, the bounce buffer, and what is copied when. */
public abstract class MemoryConformance extends Cases {
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final long BOUNCE = LiveDisk.BOUNCE;

    private LiveDisk disk;
    private Node node;

    /** For subclasses. */
    protected MemoryConformance() {}

    @BeforeEach
    void attach() throws Exception {
        disk = new LiveDisk(rig).attach();
        node = disk.node();
    }

    private MemorySegment got(long start, long last) {
        var range = node.range(start, last);
        rig.adopt(node.getFd(range));
        return range;
    }

    private static void isRegion(MemorySegment range, long start, long last, long offset) {
        assertThat(range.get(JAVA_LONG, IotlbEntryLayout.START)).isEqualTo(start);
        assertThat(range.get(JAVA_LONG, IotlbEntryLayout.LAST)).isEqualTo(last);
        assertThat(range.get(JAVA_LONG, IotlbEntryLayout.OFFSET)).isEqualTo(offset);
        assertThat(range.get(JAVA_BYTE, IotlbEntryLayout.PERM)).isEqualTo((byte) VduseAbi.VDUSE_ACCESS_RW);
    }

    @Test
    @Rule(value = "5.3", item = 11)
    void thereIsNoBounceBufferBeforeTheFirstRequest() {
        refused(node.getFd(node.range(0, BOUNCE - 1)), Errno.EINVAL);
        refused(node.getInfo(node.infoRange(0, BOUNCE - 1)), Errno.EINVAL);
        var memory = rig.arena().allocate(BOUNCE, NativeMemory.pageSize());
        refused(node.register(node.userMemory(memory.address(), 0, BOUNCE)), Errno.EINVAL);
    }

    @Test
    @Rule(value = "5.7", item = 11)
    void anyOverlappingRangeFindsTheQueue() {
        long start = node.info(0).desc();
        long last = start + SplitRing.descBytes(64) - 1;
        isRegion(got(start, start), start, lastOf(start), start);
        isRegion(got(last, last), start, lastOf(start), start);
        isRegion(got(0, start), start, lastOf(start), start);
        isRegion(got(lastOf(start), -1), start, lastOf(start), start);
        isRegion(got(0, -1), start, lastOf(start), start);
    }

    private long lastOf(long iova) {
        var info = node.infoRange(iova, iova);
        done(node.getInfo(info));
        return info.get(JAVA_LONG, IovaInfoLayout.LAST);
    }

    @Test
    @Rule(value = "2.3", item = 11)
    void besideTheQueueThereIsNothing() {
        long start = node.info(0).desc();
        long last = lastOf(start);
        refused(node.getFd(node.range(BOUNCE, start - 1)), Errno.EINVAL);
        refused(node.getFd(node.range(last + 1, -1)), Errno.EINVAL);
        refused(node.getInfo(node.infoRange(last + 1, last + 1)), Errno.EINVAL);
        refused(node.getFd(node.range(start + 1, start)), Errno.EINVAL);
        refused(node.getInfo(node.infoRange(-1, 0)), Errno.EINVAL);
    }

    @Test
    @Rule("2.3")
    void theQueueIsNoUserMemory() {
        long start = node.info(0).desc();
        var info = node.infoRange(start, -1);
        done(node.getInfo(info));
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.START)).isEqualTo(start);
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.CAPABILITY)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 28, 36, 44})
    @Rule("2.3")
    void reservedFieldsOfAQuestionMustBeZero(int offset) {
        var info = node.infoRange(0, -1);
        info.set(JAVA_INT, offset, 1);
        refused(node.getInfo(info), rig.target().apiVersion() == 0 ? Errno.EINVAL : Errno.EFAULT);
    }

    @Test
    @Rule("2.3")
    void everyDescriptorIsANewOneOfTheSameMemory() throws Exception {
        long start = node.info(0).desc();
        var numbers = new HashSet<Integer>();
        try (var one = Ring.Window.of(node, start);
                var other = Ring.Window.of(node, start)) {
            numbers.add(one.file().number());
            numbers.add(other.file().number());
            assertThat(numbers).hasSize(2);
            MEMORY.set(JAVA_LONG, one.host(start), 0x0123456789abcdefL);
            assertThat(MEMORY.get(JAVA_LONG, other.host(start))).isEqualTo(0x0123456789abcdefL);
            MEMORY.set(JAVA_LONG, one.host(start), 0);
        }
    }

    @Test
    @Rule("5.4")
    void aNewQueueIsEmpty() throws Exception {
        var info = node.info(0);
        try (var window = Ring.Window.of(node, info.desc())) {
            assertThat(MEMORY.get(JAVA_SHORT, window.host(info.driver()) + SplitRing.INDEX))
                    .isZero();
            LiveDisk.holds(MEMORY.asSlice(window.host(info.device()), SplitRing.usedBytes(64)), 0);
        }
    }

    @Test
    @Rule(value = "5.3", item = 11)
    void theFirstRequestBringsTheWholeBounceBuffer() throws Exception {
        disk.grow();
        var read = disk.read();
        var chain = disk.take();
        isRegion(got(0, BOUNCE - 1), 0, BOUNCE - 1, 0);
        isRegion(got(BOUNCE - 1, BOUNCE - 1), 0, BOUNCE - 1, 0);
        isRegion(got(0, -1), 0, BOUNCE - 1, 0);
        var info = node.infoRange(5000, 5000);
        done(node.getInfo(info));
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.START)).isZero();
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.LAST)).isEqualTo(BOUNCE - 1);
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.CAPABILITY)).isEqualTo(VduseAbi.VDUSE_IOVA_CAP_UMEM);
        refused(node.getFd(node.range(BOUNCE, node.info(0).desc() - 1)), Errno.EINVAL);
        disk.finish(read, chain, 0x11);
    }

    @Test
    @Rule(value = "5.2", item = 12)
    void buffersLieAtPagesOfTheBounceBufferAndNeverAtZero() throws Exception {
        disk.grow();
        var read = disk.read();
        var chain = disk.take();
        assertThat(chain.buffers()).hasSize(3).allSatisfy(buffer -> {
            assertThat(buffer.iova() % 4096).isZero();
            assertThat(buffer.iova()).isBetween(4096L, BOUNCE - 1);
        });
        assertThat(chain.buffers()).extracting(Chain.Buffer::length).containsExactly(16, LiveDisk.BYTES, 1);
        assertThat(chain.buffers()).extracting(Chain.Buffer::writable).containsExactly(false, true, true);
        assertThat(chain.buffers()).extracting(Chain.Buffer::iova).doesNotHaveDuplicates();
        disk.finish(read, chain, 0x22);
    }

    @Test
    @Rule(value = "5.3", item = 12)
    void whatTheDeviceReadsIsCopiedAndWhatItWritesIsNot() throws Exception {
        disk.grow();
        var read = disk.read();
        var chain = disk.take();
        long header = chain.buffers().getFirst().host();
        assertThat(MEMORY.get(JAVA_INT, header + BlkRequest.TYPE)).isEqualTo(BlkRequest.IN);
        assertThat(MEMORY.get(JAVA_LONG, header + BlkRequest.SECTOR)).isEqualTo(LiveDisk.SECTOR);
        var data = chain.data().getFirst();
        assertThat(MEMORY.asSlice(data.host(), data.length()).toArray(JAVA_BYTE))
                .as("the driver's memory before the read")
                .doesNotContain(LiveDisk.BEFORE);
        disk.finish(read, chain, 0x33);
    }

    @Test
    @Rule(value = "5.3", item = 12)
    void allThatWasMappedIsCopiedBackWhateverTheUsedLength() throws Exception {
        disk.grow();
        var read = disk.read();
        var chain = disk.take();
        LiveDisk.fill(chain, 0x44);
        disk.complete(chain, 1);
        LiveDisk.holds(Rig.finish(read), 0x44);
    }

    @Test
    @Rule("5.3")
    void requestsFollowOneAnother() throws Exception {
        disk.grow();
        for (int value = 1; value <= 5; value++) {
            var read = disk.read();
            disk.finish(read, disk.take(), value);
        }
    }

    @Test
    @Rule("4.3")
    void aResetTakesAllRegionsAway() throws Exception {
        disk.grow();
        var read = disk.read();
        disk.finish(read, disk.take(), 0x66);
        disk.detach();
        refused(node.getFd(node.range(0, -1)), Errno.EINVAL);
        refused(node.getInfo(node.infoRange(0, -1)), Errno.EINVAL);
    }

    @Test
    @Rule("5.8")
    void theNextDriverHasItsOwnRegions() throws Exception {
        disk.grow();
        var first = disk.read();
        disk.finish(first, disk.take(), 0x66);
        disk.detach();
        disk.attach();
        refused(node.getFd(node.range(0, BOUNCE - 1)), Errno.EINVAL);
        assertThat(node.isMapped(BOUNCE, -1)).isTrue();
        disk.grow();
        var second = disk.read();
        disk.finish(second, disk.take(), 0x77);
    }

    @Test
    @Rule("5.5")
    void whatWasMappedAndTouchedStaysMapped() throws Exception {
        long start = node.info(0).desc();
        var window = rig.keep(Ring.Window.of(node, start));
        MEMORY.get(JAVA_LONG, window.host(start));
        disk.detach();
        assertThat(MEMORY.get(JAVA_LONG, window.host(start))).isNotEqualTo(0x0123456789abcdefL);
    }
}
