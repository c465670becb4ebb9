package io.vduse4j.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vduse4j.linux.Errno;
import io.vduse4j.linux.LinuxException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizesTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "512, 512",
        "64k, 65536",
        "64K, 65536",
        "512M, 536870912",
        "1G, 1073741824",
        "1t, 1099511627776",
        "2P, 2251799813685248",
        "7E, 8070450532247928832",
        "9223372036854775807, 9223372036854775807",
        "007, 7"
    })
    void read(String text, long bytes) throws Exception {
        assertThat(Sizes.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "0G",
                "-1",
                "+1",
                "1.5G",
                "1 G",
                " 1G",
                "1GB",
                "1GiB",
                "G",
                "1x",
                "8E",
                "9223372036854775808",
                "9007199254740992K",
                "99999999999999999999",
                "0x10",
                "１G"
            })
    void refuse(String text) {
        assertThatThrownBy(() -> Sizes.parse(text))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        problem -> assertThat(problem.errno()).isEqualTo(Errno.EINVAL))
                .hasMessageContaining("\"" + text + "\"");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1024, 1K", "1536, 1536", "1073741824, 1G", "8070450532247928832, 7E", "3145728, 3M"})
    void written(long bytes, String text) throws Exception {
        assertThat(Sizes.format(bytes)).isEqualTo(text);
        assertThat(Sizes.parse(text)).isEqualTo(bytes);
    }
}
