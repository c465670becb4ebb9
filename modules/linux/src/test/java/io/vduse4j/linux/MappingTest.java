package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MappingTest {
    private static long get(long address) {
        return NativeMemory.ALL.get(JAVA_LONG, address);
    }

    @Test
    void twoMappingsOfOneFileShareIt() throws Exception {
        try (var fd = Memfd.create("shared", 8192);
                var one = Mapping.shared(fd, 0, 8192, true, true);
                var two = Mapping.shared(fd, 0, 8192, true, false)) {
            NativeMemory.ALL.set(JAVA_LONG, one.address() + 4096, 42);
            assertThat(get(two.address() + 4096)).isEqualTo(42);
        }
    }

    @Test
    void anyOffsetAndLengthCanBeMapped() throws Exception {
        try (var fd = Memfd.create("odd", 3 * 4096);
                var whole = Mapping.shared(fd, 0, 3 * 4096, true, true);
                var part = Mapping.shared(fd, 4096 + 24, 4096, true, true)) {
            NativeMemory.ALL.set(JAVA_LONG, part.address(), 7);
            NativeMemory.ALL.set(JAVA_LONG, part.address() + 4096 - 8, 8);
            assertThat(part.length()).isEqualTo(4096);
            assertThat(get(whole.address() + 4096 + 24)).isEqualTo(7);
            assertThat(get(whole.address() + 8192 + 16)).isEqualTo(8);
        }
    }

    @Test
    void theMappingOutlivesTheDescriptor() throws Exception {
        Mapping mapping;
        try (var fd = Memfd.create("gone", 4096)) {
            mapping = Mapping.shared(fd, 0, 4096, true, true);
        }
        try (mapping) {
            NativeMemory.ALL.set(JAVA_LONG, mapping.address(), 1);
            assertThat(get(mapping.address())).isEqualTo(1);
        }
    }

    /** J-01, J-02: what is late meets an error, not the old file and not the end of the JVM. */
    @Test
    void aReplacedMappingGivesInternalErrorAndEfault() throws Exception {
        try (var fd = Memfd.create("guest", 8192);
                var mapping = Mapping.shared(fd, 0, 8192, true, true);
                var zero = Fd.open("/dev/zero", OpenFlags.O_RDWR)) {
            NativeMemory.ALL.set(JAVA_LONG, mapping.address(), 0x55);
            mapping.replaceWithEmpty();
            mapping.replaceWithEmpty();
            assertThat(mapping.isReplaced()).isTrue();
            for (int i = 0; i < 100; i++) {
                long address = mapping.address() + i * 64L;
                assertThatThrownBy(() -> get(address)).isInstanceOf(InternalError.class);
                assertThatThrownBy(() -> NativeMemory.ALL.set(JAVA_BYTE, address, (byte) 1))
                        .isInstanceOf(InternalError.class);
                assertThat(zero.read(address, 8)).isEqualTo(-Errno.EFAULT);
            }
            try (var again = Mapping.shared(fd, 0, 8192, true, false)) {
                assertThat(get(again.address())).as("the file is untouched").isEqualTo(0x55);
            }
        }
    }

    /** J-01: a peer cuts the file under the mapping. */
    @Test
    void aTruncatedFileGivesInternalErrorAndEfault() throws Exception {
        try (var fd = Memfd.create("cut", 8192);
                var mapping = Mapping.shared(fd, 0, 8192, true, true);
                var zero = Fd.open("/dev/zero", OpenFlags.O_RDWR)) {
            FileIo.truncate(fd, 4096);
            assertThat(get(mapping.address())).isZero();
            assertThatThrownBy(() -> get(mapping.address() + 4096)).isInstanceOf(InternalError.class);
            assertThat(zero.read(mapping.address() + 4096, 8)).isEqualTo(-Errno.EFAULT);
        }
    }

    @Test
    void closeUnmapsOnce() throws Exception {
        var mapping = Mapping.anonymous(1 << 20);
        assertThat(get(mapping.address() + (1 << 20) - 8)).isZero();
        mapping.close();
        try (var zero = Fd.open("/dev/zero", OpenFlags.O_RDWR)) {
            assertThat(zero.read(mapping.address(), 8)).isEqualTo(-Errno.EFAULT);
        }
        try (var next = Mapping.anonymous(1 << 20)) {
            mapping.close();
            NativeMemory.ALL.set(JAVA_LONG, next.address(), 3);
            assertThat(get(next.address())).isEqualTo(3);
        }
    }

    @Test
    void nonsenseIsRefused() throws Exception {
        try (var fd = Memfd.create("range", 4096)) {
            for (long[] range : new long[][] {
                {-1, 1}, {0, 0}, {0, -1}, {Long.MAX_VALUE, 1}, {1, Long.MAX_VALUE}, {Long.MAX_VALUE - 8, 8}
            }) {
                assertThatThrownBy(() -> Mapping.shared(fd, range[0], range[1], true, true))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
        assertThatThrownBy(() -> Mapping.anonymous(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void thePageSizeIsTheKernels() throws Exception {
        var smaps = Files.readString(Path.of("/proc/self/smaps"));
        assertThat(smaps).containsPattern("KernelPageSize:\\s+" + NativeMemory.pageSize() / 1024 + " kB");
    }
}
