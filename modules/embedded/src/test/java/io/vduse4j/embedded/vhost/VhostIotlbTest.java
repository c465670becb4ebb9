package io.vduse4j.embedded.vhost;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.linux.Errno;
import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Memfd;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The IOTLB messages of vhost-vdpa. */
class VhostIotlbTest {

    private static final long USER = 0x7f00_0000_0000L;
    private static final int MB = 1 << 20;

    private final RecordingOps ops = new RecordingOps();
    private VhostVdpaFile file;
    private Fd first;
    private Fd second;

    @BeforeEach
    void open() throws LinuxException {
        var driver = new VhostVdpa(Duration.ZERO);
        driver.probe(ops);
        file = driver.open("rec0");
        file.ioctl(VhostAbi.SET_OWNER, MemorySegment.NULL);
        first = Memfd.create("first", 4 * MB);
        second = Memfd.create("second", 4 * MB);
        // Two ranges with a hole of a MiB between them.
        file.registerMemory(USER, 2 * MB, first, MB);
        file.registerMemory(USER + 3 * MB, MB, second, 0);
        ops.told();
    }

    @AfterEach
    void close() {
        file.close();
        first.close();
        second.close();
    }

    private static MemorySegment message(int kind, int asid, long iova, long size, long address) {
        MemorySegment message = MemorySegment.ofArray(new byte[VhostAbi.MSG_SIZE]);
        message.set(JAVA_INT_UNALIGNED, 0, VhostAbi.MSG_V2);
        message.set(JAVA_INT_UNALIGNED, VhostAbi.MSG_ASID, asid);
        message.set(JAVA_LONG_UNALIGNED, VhostAbi.MSG_IOVA, iova);
        message.set(JAVA_LONG_UNALIGNED, VhostAbi.MSG_BYTES, size);
        message.set(JAVA_LONG_UNALIGNED, VhostAbi.MSG_UADDR, address);
        message.set(JAVA_BYTE, VhostAbi.MSG_PERM, (byte) 3);
        message.set(JAVA_BYTE, VhostAbi.MSG_KIND, (byte) kind);
        return message;
    }

    private int update(long iova, long size, long address) {
        return file.write(message(VhostAbi.IOTLB_UPDATE, 0, iova, size, address));
    }

    private int invalidate(long iova, long size) {
        return file.write(message(VhostAbi.IOTLB_INVALIDATE, 0, iova, size, 0));
    }

    private int batch(int kind, int asid) {
        return file.write(message(kind, asid, 0, 0, 0));
    }

    /** Entries as "start-last@offset", in hexadecimal. */
    private List<String> entries() {
        return ops.map.entries().stream()
                .map(entry -> "%x-%x@%x".formatted(entry.start(), entry.last(), entry.offset()))
                .toList();
    }

    @Test
    @Spec({"8.3", "8.4"})
    void anUpdateMapsTheFileAtTheAddress() throws Exception {
        assertThat(update(0x100000, MB, USER + 0x1000)).isEqualTo(72);
        assertThat(ops.told()).containsExactly("map 0 1");
        assertThat(entries()).containsExactly("100000-1fffff@101000");
        Iotlb.Entry entry = ops.map.entries().getFirst();
        assertThat(entry.perm()).isEqualTo(3);
        file.unregisterMemory(USER);
        assertThat(FileIo.status(entry.file()).size())
                .as("the mapping keeps the file")
                .isEqualTo(4 * MB);
        assertThat(update(0x900000, MB, USER)).isEqualTo(-Errno.EFAULT);
    }

    @Test
    @Spec({"8.3", "8.4"})
    void whatIsNotRegisteredIsAHole() {
        assertThat(update(0, 5 * MB, USER)).isEqualTo(72);
        assertThat(ops.told()).as("a message for each piece").containsExactly("map 0 1", "map 0 2");
        assertThat(entries()).containsExactly("0-1fffff@100000", "300000-3fffff@0");
        assertThat(update(0x1000_0000, MB, USER + 2 * MB)).as("nothing at all").isEqualTo(-Errno.EFAULT);
        assertThat(update(0x1000_0000, 2 * MB, USER + 2 * MB)).isEqualTo(72);
        assertThat(entries()).endsWith("10100000-101fffff@0");
    }

    @Test
    @Spec("8.3")
    void anOverlapIsRefused() {
        assertThat(update(0x200000, MB, USER)).isEqualTo(72);
        ops.told();
        assertThat(update(0x2ff000, 0x2000, USER)).isEqualTo(-Errno.EFAULT);
        assertThat(update(0x1ff000, 0x2000, USER)).isEqualTo(-Errno.EFAULT);
        assertThat(update(0x100000, 3 * MB, USER)).isEqualTo(-Errno.EFAULT);
        assertThat(update(0x210000, 0x1000, USER)).isEqualTo(-Errno.EFAULT);
        assertThat(update(0x2fffff, 1, USER)).as("the last byte").isEqualTo(-Errno.EFAULT);
        assertThat(update(0x1fffff, 2, USER)).as("the first byte").isEqualTo(-Errno.EFAULT);
        assertThat(ops.told()).isEmpty();
        assertThat(update(0x1ff000, 0x1000, USER)).isEqualTo(72);
        assertThat(update(0x300000, 0x1000, USER)).isEqualTo(72);
    }

    @Test
    @Spec("8.3")
    void anInvalidationTakesWholeEntries() {
        update(0x000000, MB, USER);
        update(0x100000, MB, USER);
        update(0x200000, MB, USER);
        ops.told();
        assertThat(invalidate(0x0ff000, 0x2000)).isEqualTo(72);
        assertThat(ops.told()).containsExactly("map 0 1");
        assertThat(entries()).containsExactly("200000-2fffff@100000");
        ops.mapResult = -Errno.EIO;
        assertThat(invalidate(0, -1L)).as("the daemon is not listened to").isEqualTo(72);
        assertThat(entries()).isEmpty();
    }

    @Test
    @Spec("8.3")
    void aBatchIsOneMessage() {
        assertThat(batch(VhostAbi.IOTLB_BATCH_BEGIN, 0)).isEqualTo(72);
        assertThat(update(0, 5 * MB, USER)).isEqualTo(72);
        assertThat(update(0x10000000, MB, USER)).isEqualTo(72);
        assertThat(invalidate(0, MB)).isEqualTo(72);
        assertThat(ops.told()).isEmpty();
        ops.mapResult = -Errno.EIO;
        assertThat(batch(VhostAbi.IOTLB_BATCH_END, 0)).isEqualTo(72);
        assertThat(ops.told()).containsExactly("map 0 2");
        assertThat(batch(VhostAbi.IOTLB_BATCH_END, 0)).isEqualTo(72);
        assertThat(ops.told()).as("not in a batch").isEmpty();
    }

    @Test
    @Spec("8.3")
    void aRefusedUpdateIsRolledBack() {
        update(0x10000000, MB, USER);
        ops.told();
        ops.mapResult = -Errno.EIO;
        assertThat(update(0, 5 * MB, USER)).isEqualTo(-Errno.EFAULT);
        assertThat(ops.told()).containsExactly("map 0 2", "map 0 1");
        assertThat(entries()).containsExactly("10000000-100fffff@100000");
        ops.mapResult = 0;
        assertThat(update(0, 5 * MB, USER)).isEqualTo(72);
    }

    @Test
    @Spec("8.3")
    void addressSpacesAreNamedOnceThatIsAgreed() {
        assertThat(file.write(message(VhostAbi.IOTLB_UPDATE, 1, 0, MB, USER))).isEqualTo(72);
        assertThat(ops.told()).as("not agreed").containsExactly("map 0 1");
        MemorySegment features = MemorySegment.ofArray(new long[] {0xe});
        assertThat(file.ioctl(VhostAbi.SET_BACKEND_FEATURES, features)).isZero();
        assertThat(file.write(message(VhostAbi.IOTLB_INVALIDATE, 1, 0, MB, USER)))
                .as("no such space yet")
                .isEqualTo(-Errno.EFAULT);
        assertThat(file.write(message(VhostAbi.IOTLB_UPDATE, 1, 0, MB, USER))).isEqualTo(72);
        assertThat(file.write(message(VhostAbi.IOTLB_UPDATE, 2, 0, MB, USER))).isEqualTo(-Errno.EFAULT);
        assertThat(ops.told()).containsExactly("map 1 1");
        batch(VhostAbi.IOTLB_BATCH_BEGIN, 1);
        assertThat(update(0x900000, MB, USER))
                .as("of another space than the batch")
                .isEqualTo(-Errno.EFAULT);
        assertThat(batch(VhostAbi.IOTLB_BATCH_END, 0)).isEqualTo(-Errno.EFAULT);
        assertThat(batch(VhostAbi.IOTLB_BATCH_END, 1)).isEqualTo(72);
    }

    @Test
    @Spec("8.3")
    void whatIsNoMessageIsRefused() {
        MemorySegment good = message(VhostAbi.IOTLB_UPDATE, 0, 0, MB, USER);
        assertThat(file.write(good.asSlice(0, 39))).isEqualTo(-Errno.EINVAL);
        assertThat(update(0, 0, USER)).isEqualTo(-Errno.EINVAL);
        assertThat(file.write(message(9, 0, 0, MB, USER))).isEqualTo(-Errno.EFAULT);
        assertThat(update(-0x1000, 0x2000, USER)).as("over the end").isEqualTo(-Errno.EFAULT);
        assertThat(update(0, MB, -0x1000)).isEqualTo(-Errno.EFAULT);
        good.set(JAVA_INT_UNALIGNED, 0, 3);
        assertThat(file.write(good)).isEqualTo(-Errno.EINVAL);
        assertThat(ops.told()).allMatch("map 0 0"::equals);
        good.set(JAVA_INT_UNALIGNED, 0, VhostAbi.MSG_V1);
        assertThat(file.write(good)).isEqualTo(72);
    }

    @Test
    @Spec("8.3")
    void onlyAnOwnerMaps() throws Exception {
        file.close();
        var driver = new VhostVdpa(Duration.ZERO);
        driver.probe(ops);
        file = driver.open("rec0");
        file.registerMemory(USER, MB, first, 0);
        assertThat(update(0, MB, USER)).isEqualTo(-Errno.EFAULT);
    }

    @Test
    @Spec("8.6")
    void nothingIsUnmappedByAClose() {
        update(0, MB, USER);
        ops.told();
        file.close();
        assertThat(ops.told()).containsExactly("reset");
    }

    @Test
    void rangesOfMemoryDoNotOverlap() {
        assertThatThrownBy(() -> file.registerMemory(USER + MB, MB, second, 0)).hasMessageContaining("EEXIST");
        assertThatThrownBy(() -> file.registerMemory(USER - MB, 2 * MB, second, 0))
                .hasMessageContaining("EEXIST");
        assertThatThrownBy(() -> file.registerMemory(0, 0, second, 0)).hasMessageContaining("EINVAL");
        assertThatThrownBy(() -> file.registerMemory(-MB, 2 * MB, second, 0)).hasMessageContaining("EINVAL");
        assertThatThrownBy(() -> file.unregisterMemory(USER + MB)).hasMessageContaining("ENOENT");
    }
}
