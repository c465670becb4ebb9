package io.vduse4j.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may use whom. Everything that is not said here is refused. */
class ModuleRulesTest {

    private static final String ROOT = "io.vduse4j";

    /** A module's package, and the packages of the modules that it may use. */
    private static final Map<String, List<String>> EDGES = Map.ofEntries(
            Map.entry("linux", List.of()),
            Map.entry("virtio", List.of()),
            Map.entry("block", List.of("linux", "virtio")),
            Map.entry("dataplane", List.of("linux", "virtio")),
            Map.entry("vduse", List.of("linux", "virtio", "dataplane")),
            Map.entry("vhostuser", List.of("linux", "virtio", "dataplane")),
            Map.entry("backend", List.of("linux", "block")),
            Map.entry("embedded", List.of("linux", "virtio", "vduse")),
            Map.entry("nbd", List.of("linux", "block")),
            Map.entry("daemon", List.of("linux", "block")),
            Map.entry("testkit", List.of("linux", "virtio", "block", "dataplane", "vduse", "vhostuser", "embedded")),
            Map.entry(
                    "cli",
                    List.of(
                            "linux",
                            "virtio",
                            "block",
                            "dataplane",
                            "vduse",
                            "vhostuser",
                            "embedded",
                            "nbd",
                            "backend",
                            "daemon",
                            "testkit")));

    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
    }

    static Stream<String> modules() {
        return EDGES.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("modules")
    void usesOnlyWhatItMay(String module) {
        String[] forbidden = EDGES.keySet().stream()
                .filter(other -> !other.equals(module) && !EDGES.get(module).contains(other))
                .map(ModuleRulesTest::all)
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(all(module))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .check(classes);
    }

    /** The facade is the root package itself; it finds backends by their scheme and knows none of them. */
    @Test
    void theFacadeKnowsNoBackendAndNobodyBelowKnowsTheFacade() {
        noClasses()
                .that()
                .resideInAPackage(ROOT)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(all("backend"), all("daemon"), all("cli"), all("testkit"))
                .check(classes);
        String[] below = Stream.of(
                        "linux",
                        "virtio",
                        "block",
                        "dataplane",
                        "vduse",
                        "vhostuser",
                        "embedded",
                        "nbd",
                        "backend",
                        "daemon")
                .map(ModuleRulesTest::all)
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAnyPackage(below)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT)
                .check(classes);
    }

    /** The command ships the testkit's load generator, and not JUnit, which other parts of it want. */
    @Test
    void theCommandNeedsNoJUnit() {
        noClasses()
                .that()
                .resideInAPackage(all("cli"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT + ".testkit.conformance..", ROOT + ".testkit.hostile..", "org.junit..")
                .check(classes);
    }

    @Test
    void onlyLinuxLinksNativeFunctions() {
        noClasses()
                .that(resideInAnyPackage(ROOT + "..")
                        .and(resideInAnyPackage(all("linux")).negate()))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
                .check(classes);
    }

    @Test
    void packagesHaveNoCircles() {
        slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(classes);
    }

    /** Otherwise a rule about it would hold because there is nothing to break it. */
    @Test
    void everyModuleIsSeen() {
        assertThat(modules())
                .allSatisfy(module -> assertThat(
                                classes.that(resideInAnyPackage(all(module))).size())
                        .as(module)
                        .isPositive());
        List<String> seen = classes.stream()
                .map(type -> type.getPackageName())
                .filter(name -> name.startsWith(ROOT + "."))
                .map(name -> name.substring(ROOT.length() + 1).split("\\.", 2)[0])
                .filter(name -> !name.equals("architecture"))
                .distinct()
                .toList();
        assertThat(seen).containsExactlyInAnyOrderElementsOf(EDGES.keySet());
    }

    private static String all(String module) {
        return ROOT + "." + module + "..";
    }
}
