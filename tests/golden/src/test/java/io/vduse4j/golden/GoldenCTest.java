package io.vduse4j.golden;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** That the comparison itself can fail. */
class GoldenCTest {
    private static GoldenC table() {
        return GoldenC.x86_64().include("linux/vduse.h");
    }

    @Test
    void rightValuesPass() {
        table().expect("-1", -1)
                .expect("0x80000000u", 0x8000_0000L)
                .offset("struct vduse_dev_config", "config", 336)
                .value("base", "VDUSE_BASE")
                .check(Map.of("base", 0x81L));
    }

    @Test
    void aWrongValueIsNamed() {
        assertThatThrownBy(
                        () -> table().expect("2", 2).expect("VDUSE_BASE", 0x82).check())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("VDUSE_BASE: ours 130 (0x82), C 129 (0x81)")
                .hasMessageNotContaining("2: ours 2");
    }

    @Test
    void nothingIsLeftOut() {
        assertThatThrownBy(() -> table().value("asked", "1").check())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("asked: ours none");
        assertThatThrownBy(() -> table().value("asked", "1").check(Map.of("asked", 1L, "not asked", 1L)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("not asked: ours 1 (0x1), C none");
        assertThatThrownBy(() -> table().check()).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> table().value("a", "1").value("a", "2")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatDoesNotCompileIsShown() {
        assertThatThrownBy(() -> table().expect("NO_SUCH_CONSTANT", 1).check())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("NO_SUCH_CONSTANT");
    }
}
