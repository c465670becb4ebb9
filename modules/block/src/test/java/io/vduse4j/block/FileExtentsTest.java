package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Fd;
import io.vduse4j.linux.FileIo;
import io.vduse4j.linux.LinuxException;
import io.vduse4j.linux.Memfd;
import io.vduse4j.linux.OpenFlags;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Holes of a memfd, whose unit is a page. */
class FileExtentsTest {
    private static final int PAGE = 4096;
    private static final long SIZE = 64 * PAGE;

    private Fd file;

    /** Data in the pages 8 and 9. */
    @BeforeEach
    void make() throws Exception {
        file = Memfd.create("extents", SIZE);
        try (var arena = Arena.ofConfined()) {
            assertThat(FileIo.pwrite(file, arena.allocate(2 * PAGE).address(), 2 * PAGE, 8 * PAGE))
                    .isEqualTo(2 * PAGE);
        }
    }

    @AfterEach
    void close() {
        file.close();
    }

    private Extent at(long offset, long length, int blockSize) throws LinuxException {
        return FileExtents.at(file, offset, length, blockSize);
    }

    @Test
    void dataAndHolesEndWhereTheOtherBegins() throws Exception {
        assertThat(at(0, SIZE, 512)).isEqualTo(Extent.sparse(8 * PAGE));
        assertThat(at(8 * PAGE, SIZE - 8 * PAGE, 512)).isEqualTo(Extent.data(2 * PAGE));
        assertThat(at(9 * PAGE + 512, PAGE, 512)).isEqualTo(Extent.data(PAGE - 512));
        assertThat(at(10 * PAGE, SIZE - 10 * PAGE, 512)).isEqualTo(Extent.sparse(SIZE - 10 * PAGE));
    }

    @Test
    void noneIsLongerThanTheRange() throws Exception {
        assertThat(at(PAGE, 512, 512)).isEqualTo(Extent.sparse(512));
        assertThat(at(8 * PAGE, 512, 512)).isEqualTo(Extent.data(512));
        assertThat(at(7 * PAGE, PAGE, 512)).isEqualTo(Extent.sparse(PAGE));
    }

    @Test
    void aBlockWithAnyDataIsData() throws Exception {
        int block = 4 * PAGE;
        assertThat(at(4 * PAGE, 8 * PAGE, block)).isEqualTo(Extent.sparse(4 * PAGE));
        assertThat(at(8 * PAGE, 8 * PAGE, block)).isEqualTo(Extent.data(4 * PAGE));
        assertThat(at(0, 16 * PAGE, 16 * PAGE)).isEqualTo(Extent.data(16 * PAGE));
    }

    /** Reading there fails, and who skips it as zeroes would not notice (DU-06). */
    @Test
    void whatWasCutOffIsNoHole() throws Exception {
        FileIo.truncate(file, 20 * PAGE);
        assertThat(at(12 * PAGE, 8 * PAGE, 512)).isEqualTo(Extent.sparse(8 * PAGE));
        assertThat(at(12 * PAGE, 9 * PAGE, 512)).isEqualTo(Extent.data(9 * PAGE));
        assertThat(at(40 * PAGE, PAGE, 512)).isEqualTo(Extent.data(PAGE));
    }

    @Test
    void anErrorIsToldWithItsName() throws Exception {
        try (var path = Fd.open("/dev/zero", OpenFlags.O_RDONLY | OpenFlags.O_PATH)) {
            assertThatThrownBy(() -> FileExtents.at(path, 0, 512, 512))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("lseek /dev/zero")
                    .hasMessageContaining("EBADF");
        }
    }
}
