package io.vduse4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A class of cases that is in no suite would run nowhere. */
class SuitesTest {
    @Test
    void everyClassOfCasesIsInOneOfThem() throws Exception {
        var classes = Path.of(VduseSuite.class.getResource("Rule.class").toURI());
        var inSuites = Stream.of(VduseSuite.class, VhostSuite.class, Version1Suite.class)
                .flatMap(suite -> Arrays.stream(suite.getDeclaredClasses()))
                .filter(nested -> nested.isAnnotationPresent(Nested.class))
                .map(nested -> nested.getSuperclass().getSimpleName() + ".class")
                .toList();
        try (var files = Files.list(classes.getParent())) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith("Conformance.class")))
                    .containsExactlyInAnyOrderElementsOf(inSuites);
        }
    }
}
