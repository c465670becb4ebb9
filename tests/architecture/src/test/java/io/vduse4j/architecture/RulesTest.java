package io.vduse4j.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each rule of docs/virtio-rules.md has tests, or a reason; and tests cite no rule that is not there. */
class RulesTest {

    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

    private static final Pattern ROW =
            Pattern.compile("^\\| (V[DSPBU]-\\d\\d) \\| ([DR]) \\| ([^|]+) \\| [^|]+ \\|([^|]*)\\|$");

    /** An annotation of a test, over several lines if need be, and the name of the method or class that it stands on. */
    private static final Pattern CITED = Pattern.compile(
            "@(?:Spec|Rule)\\((?<rules>[^)]*)\\)(?<between>(?:(?!@Spec|@Rule)[^;{])*?)\\b(?:void|class|record)\\s+(?<name>\\w+)");

    private static final Pattern ID = Pattern.compile("\"(V[DSPBU]-\\d\\d)\"");

    private record Rule(String id, boolean ofDevice, String statement, String reason) {}

    @Test
    void everyRuleOfTheDeviceHasATestOrAReason() throws IOException {
        Map<String, Set<String>> tests = citations();
        List<String> holes = new ArrayList<>();
        List<String> report = new ArrayList<>(List.of("| rule | statement | tests |", "|---|---|---|"));
        for (Rule rule : rules().values()) {
            Set<String> of = tests.getOrDefault(rule.id(), Set.of());
            if (of.isEmpty() && rule.ofDevice() && rule.reason().isEmpty()) {
                holes.add(rule.id());
            }
            String shown = of.isEmpty() ? rule.reason() : String.join(", ", of);
            report.add("| " + rule.id() + " | " + rule.statement() + " | " + shown + " |");
        }
        Files.createDirectories(Path.of("target"));
        Files.write(Path.of("target/rules.md"), report);
        assertThat(holes)
                .as("rules of the device without test and without reason")
                .isEmpty();
    }

    @Test
    void noTestCitesARuleThatIsNotThere() throws IOException {
        Map<String, Rule> rules = rules();
        assertThat(rules).as("rows of the table").hasSizeGreaterThan(70);
        assertThat(citations().keySet()).isSubsetOf(rules.keySet());
    }

    @Test
    void aReasonIsGivenOnlyWhereThereIsNoTest() throws IOException {
        Map<String, Set<String>> tests = citations();
        assertThat(rules().values())
                .filteredOn(rule -> !rule.reason().isEmpty())
                .noneMatch(rule -> tests.containsKey(rule.id()));
    }

    private static Map<String, Rule> rules() throws IOException {
        Map<String, Rule> rules = new TreeMap<>();
        for (String line : Files.readAllLines(ROOT.resolve("docs/virtio-rules.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                boolean ofDevice = row.group(2).equals("D");
                rules.put(
                        row.group(1),
                        new Rule(
                                row.group(1),
                                ofDevice,
                                row.group(3).strip(),
                                row.group(4).strip()));
            }
        }
        return rules;
    }

    /** By rule: class and name of each test that cites it. */
    private static Map<String, Set<String>> citations() throws IOException {
        Map<String, Set<String>> tests = new TreeMap<>();
        for (Path file : sourcesOfTests()) {
            Matcher cited = CITED.matcher(Files.readString(file));
            String type = file.getFileName().toString().replace(".java", "");
            while (cited.find()) {
                Matcher id = ID.matcher(cited.group("rules"));
                while (id.find()) {
                    tests.computeIfAbsent(id.group(1), _ -> new TreeSet<>()).add(type + "." + cited.group("name"));
                }
            }
        }
        return tests;
    }

    private static List<Path> sourcesOfTests() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> {
                        String path = ROOT.relativize(file).toString();
                        return path.contains("src/test/") || path.startsWith("modules/testkit/src/main/");
                    })
                    .toList();
        }
    }
}
