package io.vduse4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A class of the suite that is not in its list would run nowhere. */
class ConformanceSuiteTest {
    @Test
    void theListIsAllOfThem() throws Exception {
        var classes = Path.of(ConformanceSuite.class.getResource("Rule.class").toURI());
        try (var files = Files.list(classes.getParent())) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith("Conformance.class")))
                    .containsExactlyInAnyOrderElementsOf(ConformanceSuite.classes(1).stream()
                            .map(suite -> suite.getSimpleName() + ".class")
                            .toList());
        }
    }
}
