package io.vduse4j.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the compiler does not see in the sources. */
class SourceRulesTest {

    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final int MOST_LINES = 450;

    /** A public type, or a public method or constructor, at the beginning of a line. */
    private static final Pattern PUBLIC =
            Pattern.compile("^ {0,4}public (?!static final ).*[({]\\s*$|^ {0,4}public .*\\(.*");

    private static final Pattern CONSOLE = Pattern.compile("System\\.(out|err)\\b");

    private static final Pattern ABOVE = Pattern.compile("^\\s*(@.*|//.*)$");

    @Test
    void publicTypesAndMethodsOfExportedPackagesSayWhatTheyAre() {
        List<String> bare = new ArrayList<>();
        for (Path module : moduleInfos()) {
            Path sources = module.getParent();
            for (String exported : exported(module)) {
                for (Path file : javaFiles(sources.resolve(exported.replace('.', '/')), 1)) {
                    bare.addAll(withoutJavadoc(file));
                }
            }
        }
        assertThat(bare).isEmpty();
    }

    @Test
    void filesAreShort() {
        List<String> found = mainSources().stream()
                .filter(file -> lines(file).size() > MOST_LINES)
                .map(Path::toString)
                .toList();
        assertThat(found).isEmpty();
    }

    @Test
    void onlyTheCommandWritesToTheConsole() {
        List<String> found = new ArrayList<>();
        for (Path file : mainSources()) {
            if (!file.toString().contains("/modules/cli/")) {
                lines(file).stream()
                        .filter(line ->
                                CONSOLE.matcher(line).find() && !line.strip().startsWith("*"))
                        .forEach(line -> found.add(ROOT.relativize(file) + ": " + line.strip()));
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void theLicenceIsThere() {
        assertThat(read(ROOT.resolve("LICENSE"))).contains("Apache License", "Version 2.0");
    }

    private static List<String> withoutJavadoc(Path file) {
        List<String> found = new ArrayList<>();
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (PUBLIC.matcher(lines.get(i)).matches() && !isDocumented(lines, i)) {
                found.add(ROOT.relativize(file) + ":" + (i + 1) + ": "
                        + lines.get(i).strip());
            }
        }
        return found;
    }

    private static boolean isDocumented(List<String> lines, int declaration) {
        int above = declaration - 1;
        while (above >= 0 && ABOVE.matcher(lines.get(above)).matches()) {
            if (lines.get(above).strip().equals("@Override")) {
                return true; // says what the overridden one says
            }
            above--;
        }
        return above >= 0 && lines.get(above).strip().endsWith("*/");
    }

    private static List<String> exported(Path moduleInfo) {
        return lines(moduleInfo).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("exports ") && line.endsWith(";"))
                .map(line -> line.substring("exports ".length(), line.length() - 1))
                .toList();
    }

    private static List<Path> moduleInfos() {
        List<Path> found = javaFiles(ROOT.resolve("modules"), 12).stream()
                .filter(file -> file.endsWith("src/main/java/module-info.java"))
                .toList();
        assertThat(found).hasSizeGreaterThan(5);
        return found;
    }

    private static List<Path> mainSources() {
        return javaFiles(ROOT.resolve("modules"), 20).stream()
                .filter(file -> file.toString().contains("/src/main/"))
                .toList();
    }

    private static List<Path> javaFiles(Path folder, int depth) {
        try (Stream<Path> files = Files.walk(folder, depth)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("/target/"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        return String.join("\n", lines(file));
    }
}
