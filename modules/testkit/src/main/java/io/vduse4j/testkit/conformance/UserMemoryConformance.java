package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.done;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import io.vduse4j.vduse.abi.VduseAbi;
import io.vduse4j.virtio.blk.BlkRequest;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A daemon's own memory as bounce buffer, registered while a request is in flight. */
public abstract class UserMemoryConformance extends Cases {
    private static final long BOUNCE = LiveDisk.BOUNCE;

    private LiveDisk disk;
    private Node node;
    private long memory;
    private CompletableFuture<MemorySegment> read;
    private Chain chain;

    /** For subclasses. */
    protected UserMemoryConformance() {}

    @BeforeEach
    void beginToRead() throws Exception {
        disk = new LiveDisk(rig).attach().grow();
        node = disk.node();
        memory = rig.keep(Mapping.anonymous(BOUNCE)).address();
        read = disk.read();
        chain = disk.take();
    }

    private int register() {
        return node.register(node.userMemory(memory, 0, BOUNCE));
    }

    private int deregister() {
        return node.deregister(node.userMemory(0, 0, BOUNCE));
    }

    private Chain inMemory() {
        return new Chain(
                chain.head(),
                chain.buffers().stream()
                        .map(buffer -> new Chain.Buffer(
                                buffer.iova(), memory + buffer.iova(), buffer.length(), buffer.writable()))
                        .toList());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "0, 4096",
        "0, 1044480",
        "0, 1052672",
        "4096, 1044480",
        "4096, 1048576",
        "0, -1",
        "-4096, 1048576"
    })
    @Rule("2.3")
    void itMustBeTheWholeBounceBuffer(long iova, long size) throws Exception {
        refused(node.register(node.userMemory(memory, iova, size)), Errno.EINVAL);
        disk.finish(read, chain, 0x31);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 512, 4095})
    @Rule("2.3")
    void itMustBeginAtAPage(long offset) throws Exception {
        refused(node.register(node.userMemory(memory + offset, 0, BOUNCE)), Errno.EINVAL);
        disk.finish(read, chain, 0x32);
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 28, 36, 44})
    @Rule("2.3")
    void reservedFieldsMustBeZero(int offset) throws Exception {
        var argument = node.userMemory(memory, 0, BOUNCE);
        argument.set(JAVA_INT, offset, 1);
        refused(node.register(argument), Errno.EINVAL);
        disk.finish(read, chain, 0x33);
    }

    @Test
    @Rule("2.3")
    void itMustBeThere() throws Exception {
        refused(node.register(node.userMemory(NativeMemory.pageSize(), 0, BOUNCE)), Errno.EFAULT);
        refused(deregister(), Errno.ENOENT);
        disk.finish(read, chain, 0x34);
    }

    @Test
    @Rule("2.3")
    void itIsRegisteredOnce() throws Exception {
        done(register());
        refused(register(), Errno.EEXIST);
        done(deregister());
        refused(deregister(), Errno.ENOENT);
        done(register());
        done(deregister());
        disk.finish(read, chain, 0x35);
    }

    @ParameterizedTest
    @CsvSource({"4096, 1048576", "0, 4096", "0, 0"})
    @Rule("2.3")
    void itIsTakenAwayAsAWhole(long iova, long size) throws Exception {
        done(register());
        refused(node.deregister(node.userMemory(memory, iova, size)), Errno.EINVAL);
        done(deregister());
        disk.finish(read, chain, 0x36);
    }

    @Test
    @Rule("5.6")
    void whatIsInFlightIsCopiedIntoIt() throws Exception {
        done(register());
        long header = inMemory().buffers().getFirst().host();
        assertThat(NativeMemory.ALL.get(JAVA_INT, header + BlkRequest.TYPE)).isEqualTo(BlkRequest.IN);
        assertThat(NativeMemory.ALL.get(JAVA_LONG, header + BlkRequest.SECTOR)).isEqualTo(LiveDisk.SECTOR);
        disk.finish(read, inMemory(), 0x37);
    }

    @Test
    @Rule("5.6")
    void laterRequestsAreInIt() throws Exception {
        done(register());
        disk.finish(read, inMemory(), 0x38);
        read = disk.read();
        chain = disk.take(iova -> memory + iova);
        disk.finish(read, chain, 0x39);
    }

    @Test
    @Rule("5.6")
    void whatIsInFlightIsCopiedBackWhenItIsTakenAway() throws Exception {
        done(register());
        var there = inMemory();
        LiveDisk.fill(there, 0x3a);
        NativeMemory.ALL.set(JAVA_BYTE, there.status().host(), BlkRequest.S_OK);
        done(deregister());
        disk.complete(chain, LiveDisk.BYTES + 1);
        LiveDisk.holds(Rig.finish(read), 0x3a);
    }

    @Test
    @Rule("5.6")
    void itIsTakenAwayWhenTheNodeIsClosed() throws Exception {
        done(register());
        disk.reopen();
        node = disk.node();
        refused(deregister(), Errno.ENOENT);
        done(register());
        done(deregister());
        disk.finish(read, chain, 0x3b);
    }

    @Test
    @Rule("2.3")
    void theRegionIsStillOneForUserMemory() throws Exception {
        done(register());
        var info = node.infoRange(0, 0);
        done(node.getInfo(info));
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.LAST)).isEqualTo(BOUNCE - 1);
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.CAPABILITY)).isEqualTo(VduseAbi.VDUSE_IOVA_CAP_UMEM);
        done(deregister());
        disk.finish(read, chain, 0x3c);
    }

    @Test
    @Rule("5.6")
    void aResetLeavesItRegistered() throws Exception {
        disk.finish(read, chain, 0x3d);
        done(register());
        disk.detach();
        refused(register(), Errno.EINVAL);
        done(deregister());
        refused(deregister(), Errno.ENOENT);
    }
}
