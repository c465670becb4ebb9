package io.vduse4j.testkit.conformance;

import static io.vduse4j.testkit.conformance.Answers.answers;
import static io.vduse4j.testkit.conformance.Answers.refused;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.Mapping;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.NativeMemory;
import io.vduse4j.testkit.VhostLayout;
import io.vduse4j.vduse.abi.DevRequestLayout;
import io.vduse4j.vduse.abi.IotlbEntryLayout;
import io.vduse4j.vduse.abi.IovaInfoLayout;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** vhost-vdpa: which of a client's memory a daemon sees where. */
public abstract class VhostMappingConformance extends VhostCases {
    private static final long PIECE = 64 << 10;
    private static final long BYTES = 4 * PIECE;
    private static final long AT = 0x1_0000_0000L;
    private static final int TAKEN = VhostClient.MESSAGE;

    private Fd file;
    private long address;

    /** For subclasses. */
    protected VhostMappingConformance() {}

    @BeforeEach
    void shareMemory() throws Exception {
        file = rig.keep(Memfd.create("conformance", BYTES));
        var mapping = rig.keep(Mapping.shared(file, 0, BYTES, true, true));
        address = mapping.address();
        vhost.node().registerMemory(address, BYTES, file);
    }

    private void taken(int result) {
        answers(result, TAKEN);
    }

    private void isRegion(long at, long start, long last, long offset, int perm) {
        var range = node.range(at, at);
        rig.adopt(node.getFd(range));
        assertThat(range.get(JAVA_LONG, IotlbEntryLayout.START)).isEqualTo(start);
        assertThat(range.get(JAVA_LONG, IotlbEntryLayout.LAST)).isEqualTo(last);
        assertThat(range.get(JAVA_LONG, IotlbEntryLayout.OFFSET)).isEqualTo(offset);
        assertThat(range.get(JAVA_BYTE, IotlbEntryLayout.PERM)).isEqualTo((byte) perm);
    }

    private void isNothing(long start, long last) {
        refused(node.getFd(node.range(start, last)), Errno.EINVAL);
    }

    @Test
    @Rule(value = "1.4", item = 16)
    void aMappingIsOneMessageAboutEverything() throws Exception {
        var call = Rig.aside(() -> vhost.node().write(vhost.message(VhostClient.UPDATE, AT, BYTES, address, 3)));
        var request = node.next();
        assertThat(request.text()).isEqualTo("iotlb");
        assertThat(request.u64(DevRequestLayout.IOVA_START)).isZero();
        assertThat(request.u64(DevRequestLayout.IOVA_LAST)).isEqualTo(-1);
        isRegion(AT, AT, AT + BYTES - 1, 0, 3);
        node.accept(request);
        taken(Rig.finish(call).intValue());
        assertThat(node.raw().poll(1, 0)).isZero();
    }

    @Test
    @Rule("8.4")
    void theDaemonSeesTheClientsMemory() throws Exception {
        taken(vhost.map(AT, BYTES, address));
        try (var window = Ring.Window.of(node, AT)) {
            NativeMemory.ALL.set(JAVA_LONG, address + PIECE, 0x0123456789abcdefL);
            assertThat(NativeMemory.ALL.get(JAVA_LONG, window.host(AT + PIECE))).isEqualTo(0x0123456789abcdefL);
            NativeMemory.ALL.set(JAVA_LONG, window.host(AT), 42);
            assertThat(NativeMemory.ALL.get(JAVA_LONG, address)).isEqualTo(42);
        }
    }

    @Test
    @Rule("8.4")
    void aPartIsAtItsPlaceInTheFile() throws Exception {
        taken(vhost.map(AT, PIECE, address + 2 * PIECE));
        isRegion(AT, AT, AT + PIECE - 1, 2 * PIECE, 3);
        isRegion(AT + PIECE - 1, AT, AT + PIECE - 1, 2 * PIECE, 3);
        isNothing(AT + PIECE, -1);
        isNothing(0, AT - 1);
        var info = node.infoRange(0, -1);
        Answers.done(node.getInfo(info));
        assertThat(info.get(JAVA_LONG, IovaInfoLayout.CAPABILITY)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    @Rule("8.4")
    void accessIsAsTheClientSays(int access) throws Exception {
        taken(vhost.send(vhost.message(VhostClient.UPDATE, AT, PIECE, address, access)));
        isRegion(AT, AT, AT + PIECE - 1, 0, access);
    }

    @Test
    @Rule("5.7")
    void theLowestRegionIsFoundFirst() throws Exception {
        taken(vhost.map(AT + 2 * PIECE, PIECE, address));
        taken(vhost.map(AT, PIECE, address + PIECE));
        var range = node.range(0, -1);
        rig.adopt(node.getFd(range));
        assertThat(range.get(JAVA_LONG, IotlbEntryLayout.START)).isEqualTo(AT);
        isNothing(AT + PIECE, AT + 2 * PIECE - 1);
        isRegion(AT + 2 * PIECE, AT + 2 * PIECE, AT + 3 * PIECE - 1, 0, 3);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "0, 4", "-1, 2", "1, 3"})
    @Rule(value = "8.3", item = 16)
    void whatIsMappedIsNotMappedOver(int piece, int pieces) throws Exception {
        taken(vhost.map(AT, 2 * PIECE, address));
        heard();
        refused(vhost.map(AT + piece * PIECE, pieces * PIECE, address + PIECE), Errno.EFAULT);
        assertThat(heard()).isEmpty();
        isRegion(AT, AT, AT + 2 * PIECE - 1, 0, 3);
    }

    @Test
    @Rule(value = "8.3", item = 16)
    void anInvalidationTakesWholeRegions() throws Exception {
        taken(vhost.map(AT, PIECE, address));
        taken(vhost.map(AT + PIECE, PIECE, address + PIECE));
        taken(vhost.map(AT + 2 * PIECE, PIECE, address + 2 * PIECE));
        heard();
        taken(vhost.unmap(AT + PIECE - 4096, 8192));
        assertThat(heard()).containsExactly("iotlb");
        isNothing(0, AT + 2 * PIECE - 1);
        isRegion(AT + 2 * PIECE, AT + 2 * PIECE, AT + 3 * PIECE - 1, 2 * PIECE, 3);
    }

    @Test
    @Rule("8.3")
    void anInvalidationOfNothingIsAMessageToo() throws Exception {
        taken(vhost.map(AT, PIECE, address));
        heard();
        taken(vhost.unmap(AT + PIECE, PIECE));
        assertThat(heard()).containsExactly("iotlb");
        isRegion(AT, AT, AT + PIECE - 1, 0, 3);
    }

    @Test
    @Rule("8.3")
    void beforeTheFirstMappingThereIsNothingToInvalidate() throws Exception {
        refused(vhost.unmap(AT, PIECE), Errno.EFAULT);
        assertThat(heard()).isEmpty();
    }

    @Test
    @Rule(value = "8.3", item = 16)
    void aBatchIsOneMessage() throws Exception {
        taken(vhost.map(AT, PIECE, address));
        heard();
        taken(vhost.send(VhostClient.BEGIN));
        taken(vhost.unmap(AT, PIECE));
        taken(vhost.map(AT + PIECE, PIECE, address + PIECE));
        taken(vhost.map(AT + 2 * PIECE, PIECE, address + 2 * PIECE));
        assertThat(heard()).isEmpty();
        isRegion(AT, AT, AT + PIECE - 1, 0, 3);
        isNothing(AT + PIECE, -1);
        taken(vhost.send(VhostClient.END));
        assertThat(heard()).containsExactly("iotlb");
        isNothing(AT, AT + PIECE - 1);
        isRegion(AT + PIECE, AT + PIECE, AT + 2 * PIECE - 1, PIECE, 3);
        isRegion(AT + 2 * PIECE, AT + 2 * PIECE, AT + 3 * PIECE - 1, 2 * PIECE, 3);
    }

    @Test
    @Rule("8.3")
    void anEmptyBatchIsOneMessageAndAnEndWithoutABeginNone() throws Exception {
        taken(vhost.send(VhostClient.BEGIN));
        taken(vhost.send(VhostClient.BEGIN));
        taken(vhost.send(VhostClient.END));
        assertThat(heard()).containsExactly("iotlb");
        taken(vhost.send(VhostClient.END));
        assertThat(heard()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"4294967296, 0", "-4096, 8192", "-4096, 4097"})
    @Rule("8.3")
    void rangesThatAreNone(long iova, long size) throws Exception {
        assertThat(vhost.map(iova, size, address)).isNegative();
        assertThat(heard()).isEmpty();
        isNothing(0, -1);
    }

    @Test
    @Rule("8.3")
    void aRangeWithoutBytesIsInvalid() throws Exception {
        refused(vhost.map(AT, 0, address), Errno.EINVAL);
        assertThat(heard()).isEmpty();
    }

    @Test
    @Rule("8.3")
    void anInvalidationWithoutBytes() throws Exception {
        taken(vhost.map(AT, PIECE, address));
        heard();
        taken(vhost.unmap(AT, 0));
        assertThat(heard()).containsExactly("iotlb");
        isRegion(AT, AT, AT + PIECE - 1, 0, 3);
    }

    @Test
    @Rule("8.4")
    void addressesWithNothingBehindThem() throws Exception {
        // The end of the addresses that a process can have.
        refused(vhost.map(AT, PIECE, (1L << 47) - 2 * PIECE), Errno.EFAULT);
        isNothing(0, -1);
    }

    @Test
    @Rule(value = "8.4", item = 16)
    void privateMemoryIsLeftOut() throws Exception {
        var own = rig.keep(Mapping.anonymous(PIECE));
        heard();
        vhost.map(AT, PIECE, own.address());
        isNothing(0, -1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 7, 127})
    @Rule("8.3")
    void unknownKindsOfMessages(int kind) throws Exception {
        refused(vhost.send(vhost.message(kind, AT, PIECE, address, 3)), Errno.EFAULT);
        assertThat(heard()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, -1})
    @Rule("8.3")
    void unknownFormsOfMessages(int type) throws Exception {
        var message = vhost.message(VhostClient.UPDATE, AT, PIECE, address, 3);
        message.set(JAVA_INT, 0, type);
        refused(vhost.send(message), Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 39})
    @Rule("8.3")
    void shortMessages(int bytes) throws Exception {
        var message = vhost.message(VhostClient.UPDATE, AT, PIECE, address, 3);
        refused(vhost.send(message.asSlice(0, bytes)), Errno.EINVAL);
        assertThat(heard()).isEmpty();
    }

    @Test
    @Rule("4.1")
    void aMappingThatTheDaemonRefusesIsNone() throws Exception {
        taken(vhost.map(AT, PIECE, address));
        refusing(_ -> true);
        refused(vhost.map(AT + PIECE, PIECE, address), Errno.EFAULT);
        isNothing(AT + PIECE, -1);
    }

    @Test
    @Rule("8.3")
    void memoryIsTheOwners() throws Exception {
        vhost.close();
        vhost = openAgain(daemon);
        vhost.node().registerMemory(address, BYTES, file);
        heard();
        refused(vhost.map(AT, PIECE, address), Errno.EFAULT);
        assertThat(heard()).isEmpty();
    }

    @Test
    @Rule(value = "8.6", item = 16)
    void mappingsStayWhenTheClientGoesUntilTheNextMapsSomething() throws Exception {
        taken(vhost.map(AT, PIECE, address));
        vhost.close();
        assertThat(heard()).containsExactly("iotlb", "status 0x00");
        isRegion(AT, AT, AT + PIECE - 1, 0, 3);
        vhost = openAgain(daemon);
        isRegion(AT, AT, AT + PIECE - 1, 0, 3);
        Answers.done(vhost.call(VhostLayout.SET_OWNER));
        vhost.node().registerMemory(address, BYTES, file);
        taken(vhost.map(AT + PIECE, PIECE, address + PIECE));
        isNothing(0, AT + PIECE - 1);
        isRegion(AT + PIECE, AT + PIECE, AT + 2 * PIECE - 1, PIECE, 3);
    }

    @Test
    @Rule("4.3")
    void mappingsStayOverAReset() throws Exception {
        taken(vhost.map(AT, PIECE, address));
        vhost.start(0x0f);
        Answers.done(vhost.setStatus(0));
        isRegion(AT, AT, AT + PIECE - 1, 0, 3);
    }

    @Test
    @Rule("4.1")
    void theNewMappingsAreThereBeforeTheDaemonHasAnswered() throws Exception {
        MemorySegment message = vhost.message(VhostClient.UPDATE, AT, PIECE, address, 3);
        var call = Rig.aside(() -> vhost.node().write(message));
        var request = node.next();
        isRegion(AT, AT, AT + PIECE - 1, 0, 3);
        node.refuse(request);
        // The driver takes back what it has begun, and says so too.
        refused(daemon.during(call).intValue(), Errno.EFAULT);
        assertThat(heard()).containsExactly("iotlb");
        isNothing(0, -1);
    }
}
