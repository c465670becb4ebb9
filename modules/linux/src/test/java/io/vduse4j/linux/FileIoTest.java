package io.vduse4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileIoTest {
    @TempDir
    Path directory;

    private final Arena arena = Arena.ofConfined();
    private String path;
    private Fd fd;

    @BeforeEach
    void open() throws Exception {
        path = directory.resolve("image").toString();
        fd = Fd.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0640);
    }

    @AfterEach
    void close() {
        fd.close();
        arena.close();
    }

    private long iovec(MemorySegment... buffers) {
        var iov = arena.allocate((long) buffers.length * FileIo.IOVEC_SIZE, 8);
        for (int i = 0; i < buffers.length; i++) {
            iov.set(JAVA_LONG, (long) i * FileIo.IOVEC_SIZE + FileIo.IOVEC_BASE, buffers[i].address());
            iov.set(JAVA_LONG, (long) i * FileIo.IOVEC_SIZE + FileIo.IOVEC_LEN, buffers[i].byteSize());
        }
        return iov.address();
    }

    @Test
    void vectorsGoWhereTheyShould() throws Exception {
        var one = arena.allocate(3).fill((byte) 'a');
        var two = arena.allocate(5).fill((byte) 'b');
        assertThat(FileIo.pwritev(fd, iovec(one, two), 2, 10, FileIo.RWF_DSYNC)).isEqualTo(8);
        assertThat(Files.readString(Path.of(path))).isEqualTo("\0\0\0\0\0\0\0\0\0\0aaabbbbb");
        var three = arena.allocate(4);
        var four = arena.allocate(10);
        assertThat(FileIo.preadv(fd, iovec(three, four), 2, 11))
                .as("short at the end")
                .isEqualTo(7);
        assertThat(three.get(JAVA_BYTE, 1)).isEqualTo((byte) 'a');
        assertThat(three.get(JAVA_BYTE, 2)).isEqualTo((byte) 'b');
        assertThat(four.get(JAVA_BYTE, 2)).isEqualTo((byte) 'b');
        assertThat(four.get(JAVA_BYTE, 3)).isZero();
    }

    @Test
    void offsetsAbove4GiBArrive() throws Exception {
        var buffer = arena.allocateFrom(JAVA_LONG, 77);
        long far = (5L << 32) + 16;
        assertThat(FileIo.pwrite(fd, buffer.address(), 8, far)).isEqualTo(8);
        assertThat(FileIo.status(fd).size()).isEqualTo(far + 8);
        buffer.set(JAVA_LONG, 0, 0);
        assertThat(FileIo.preadv(fd, iovec(buffer), 1, far)).isEqualTo(8);
        assertThat(buffer.get(JAVA_LONG, 0)).isEqualTo(77);
        assertThat(FileIo.pwritev(fd, iovec(buffer), 1, far + 8, 0)).isEqualTo(8);
        assertThat(FileIo.status(path).size()).isEqualTo(far + 16);
    }

    @Test
    void aBadAddressIsEfault() {
        assertThat(FileIo.pread(fd, 8, 8, 0)).as("nothing to read").isZero();
        assertThat(FileIo.pwrite(fd, 8, 8, 0)).isEqualTo(-Errno.EFAULT);
        assertThat(FileIo.pread(fd, 8, 8, -1)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void aPunchedHoleReadsAsZerosAndFreesSpace() throws Exception {
        var data = arena.allocate(64 << 10).fill((byte) 1);
        assertThat(FileIo.pwrite(fd, data.address(), data.byteSize(), 0)).isEqualTo(64 << 10);
        assertThat(FileIo.fdatasync(fd)).isZero();
        assertThat(FileIo.fsync(fd)).isZero();
        long before = FileIo.status(fd).blocks512();
        int mode = FileIo.FALLOC_FL_PUNCH_HOLE | FileIo.FALLOC_FL_KEEP_SIZE;
        assertThat(FileIo.fallocate(fd, mode, 16 << 10, 32 << 10)).isZero();
        assertThat(FileIo.status(fd).size()).isEqualTo(64 << 10);
        assertThat(FileIo.status(fd).blocks512()).isLessThan(before);
        assertThat(FileIo.pread(fd, data.address(), 8, 16 << 10)).isEqualTo(8);
        assertThat(data.get(JAVA_LONG, 0)).isZero();
        assertThat(FileIo.fallocate(fd, FileIo.FALLOC_FL_PUNCH_HOLE, 0, 1)).isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(FileIo.fallocate(fd, 0, 0, 128 << 10)).isZero();
        assertThat(FileIo.status(fd).size()).isEqualTo(128 << 10);
    }

    /** On tmpfs, whose holes are pages whatever is below the folder for temporary files. */
    @Test
    void dataAndHolesAreFound() throws Exception {
        var byteOfData = arena.allocate(1);
        try (var memfd = Memfd.create("holes", 64 << 10)) {
            assertThat(FileIo.pwrite(memfd, byteOfData.address(), 1, 20 << 10)).isEqualTo(1);
            assertThat(FileIo.seek(memfd, 0, FileIo.SEEK_DATA)).isEqualTo(20 << 10);
            assertThat(FileIo.seek(memfd, 0, FileIo.SEEK_HOLE)).isZero();
            assertThat(FileIo.seek(memfd, 20 << 10, FileIo.SEEK_HOLE)).isEqualTo(24 << 10);
            assertThat(FileIo.seek(memfd, 24 << 10, FileIo.SEEK_DATA)).isEqualTo(-Errno.ENXIO);
            assertThat(FileIo.seek(memfd, 64 << 10, FileIo.SEEK_HOLE)).isEqualTo(-Errno.ENXIO);
        }
    }

    @Test
    void statusAgreesWithNio() throws Exception {
        FileIo.truncate(fd, 12_345);
        var status = FileIo.status(fd);
        assertThat(status.isRegular()).isTrue();
        assertThat(status.isDirectory() || status.isBlockDevice() || status.isCharacterDevice())
                .isFalse();
        assertThat(status.size()).isEqualTo(12_345);
        assertThat(status.blocks512()).isZero();
        assertThat(status.mode()).isEqualTo(Files.getAttribute(Path.of(path), "unix:mode"));
        assertThat(status.inode()).isEqualTo(Files.getAttribute(Path.of(path), "unix:ino"));
        assertThat(status.uid()).isEqualTo(Files.getAttribute(Path.of(path), "unix:uid"));
        assertThat(status.gid()).isEqualTo(Files.getAttribute(Path.of(path), "unix:gid"));
        assertThat(status.links()).isEqualTo(1);
        assertThat(status).isEqualTo(FileIo.status(path));
        assertThat(FileIo.status(directory.toString()).isDirectory()).isTrue();
        var link = Files.createLink(directory.resolve("other"), Path.of(path));
        assertThat(FileIo.status(link.toString()).isSameFile(status)).isTrue();
        var zero = FileIo.status("/dev/zero");
        assertThat(zero.isCharacterDevice()).isTrue();
        assertThat(zero.deviceMajor()).isEqualTo(1);
        assertThat(zero.deviceMinor()).isEqualTo(5);
        assertThatThrownBy(() -> FileIo.status("/no/such/path"))
                .isInstanceOf(LinuxException.class)
                .hasMessage("statx /no/such/path: no such file or directory (ENOENT)");
    }

    @Test
    void sealsHold() throws Exception {
        try (var memfd = Memfd.create("sealed", 4096)) {
            assertThat(Memfd.seals(memfd)).isZero();
            Memfd.seal(memfd, Memfd.F_SEAL_SHRINK | Memfd.F_SEAL_GROW);
            assertThat(Memfd.seals(memfd)).isEqualTo(Memfd.F_SEAL_SHRINK | Memfd.F_SEAL_GROW);
            for (long size : new long[] {0, 8192}) {
                assertThatThrownBy(() -> FileIo.truncate(memfd, size))
                        .isInstanceOf(LinuxException.class)
                        .hasMessageContaining("EPERM");
            }
        }
    }
}
