package io.vduse4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
    @Test
    void versionNamesWhatAReportNeeds() {
        var invocation = Invocation.of("--version");
        assertThat(invocation.code()).isZero();
        assertThat(invocation.out())
                .startsWith("vduse ")
                .contains("JDK " + Runtime.version(), "Linux ")
                .endsWith(")\n");
        assertThat(invocation.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "check --help",
                "run --help",
                "run -h",
                "kernel --help",
                "bench --help",
                "daemon --help",
                "create --help",
                "ls --help",
                "show --help",
                "resize --help",
                "rm --help",
                "backend --help",
                "backend ls --help",
                "backend show --help",
                "recover --help",
                "abort --help",
                "gc --help"
            })
    void helpHasExamplesAndExitCodes(String line) {
        var invocation = Invocation.of(line.split(" "));
        assertThat(invocation.code()).isZero();
        assertThat(invocation.out()).contains("Usage: vduse ", "Examples:\n  vduse ", "Exit codes: 0 ");
        assertThat(invocation.out().lines()).allMatch(text -> text.length() <= 120);
        assertThat(invocation.err()).isEmpty();
    }

    @Test
    void aWrongCommandGetsASuggestion() {
        assertThat(Invocation.of("chek"))
                .isEqualTo(new Invocation(
                        2, "", "vduse: there is no command chek; did you mean check or bench? See \"vduse --help\"\n"));
    }

    @Test
    void noCommandIsAMistake() {
        assertThat(Invocation.of())
                .isEqualTo(
                        new Invocation(
                                2,
                                "",
                                "vduse: a command is missing: check, run, daemon, create, ls, show, resize, rm, backend, recover, abort, gc, kernel, bench; see \"vduse --help\"\n"));
    }

    @Test
    void aWrongOptionOfTheCommandItself() {
        var invocation = Invocation.of("--color");
        assertThat(invocation.code()).isEqualTo(2);
        assertThat(invocation.err()).startsWith("vduse: there is no option --color; ");
        assertThat(invocation.err().lines()).hasSize(1);
    }
}
