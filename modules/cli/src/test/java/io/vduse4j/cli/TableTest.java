package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TableTest {
    @Test
    void alignsColumnsAndLeavesNoBlanksAtTheEnd() {
        var table = new Table();
        table.row("a", "missing", "x");
        table.row("longer", "ok", "");
        table.row("b", "ok");
        assertThat(table.text()).isEqualTo("a       missing  x\nlonger  ok\nb       ok\n");
    }

    @Test
    void aCellIsOneLine() {
        var table = new Table();
        table.row("a\nforged", "\u001b[2J", "end");
        assertThat(table.text()).isEqualTo("a\\nforged  \\u001b[2J  end\n");
    }
}
