package io.vduse4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs each target over the inputs that are kept. */
class CorpusTest {

    private static final Path CORPUS = Path.of("corpus");
    private static final int MOST_BYTES = 4096;

    static Stream<Arguments> targets() {
        return Stream.of(
                target("SplitWalkFuzz", SplitWalkFuzz::fuzzerTestOneInput),
                target("PackedWalkFuzz", PackedWalkFuzz::fuzzerTestOneInput),
                target("BlkRequestFuzz", BlkRequestFuzz::fuzzerTestOneInput));
    }

    private static Arguments target(String name, Consumer<byte[]> target) {
        return Arguments.of(name, target);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("targets")
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whatWasFoundBeforeIsStillAnswered(String name, Consumer<byte[]> target) throws IOException {
        List<Path> inputs;
        try (Stream<Path> files = Files.list(CORPUS.resolve(name))) {
            inputs = files.sorted().toList();
        }
        assertThat(inputs).as("inputs of " + name).isNotEmpty();
        for (Path file : inputs) {
            byte[] input = Files.readAllBytes(file);
            assertThat(input).as(file.toString()).hasSizeLessThan(MOST_BYTES);
            run(file.toString(), target, input);
        }
    }

    private static void run(String name, Consumer<byte[]> target, byte[] input) {
        try {
            target.accept(input);
        } catch (Throwable found) {
            throw new AssertionError(name + ": " + found, found);
        }
    }
}
