package io.vduse4j.golden;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Asks a C compiler for the values of expressions, and compares them with ours.
 *
 * <p>A table of the values is compiled to an object file and cut out of it: nothing is linked or run, so a cross compiler
 * answers for another architecture.
 *
 * {@snippet :
 * GoldenC.aarch64()
 *         .include("linux/vduse.h")
 *         .expect("sizeof(struct vduse_vq_info)", 48)
 *         .value("created", "VDUSE_CREATE_DEV")
 *         .check(Map.of("created", 0x41508102L));
 * }
 */
public final class GoldenC {
    private static final String HOST = System.getProperty("os.arch").replace("amd64", "x86_64");

    private final String compiler;
    private final String objcopy;
    private final Set<String> prologue = new LinkedHashSet<>(Set.of("#define _GNU_SOURCE"));
    private final Map<String, String> expressions = new LinkedHashMap<>();
    private final Map<String, Long> expected = new LinkedHashMap<>();

    private GoldenC(String architecture, String packages) {
        var triplet = architecture + "-linux-gnu-";
        var prefix = HOST.equals(architecture) && !isInstalled(triplet + "gcc") ? "" : triplet;
        compiler = prefix + "gcc";
        objcopy = prefix + "objcopy";
        // A machine that cannot even compile for itself is no place to test: only the other architecture is left out.
        assumeTrue(
                HOST.equals(architecture) || isInstalled(compiler),
                () -> architecture + " is not checked: no " + compiler + "; on Debian install " + packages);
    }

    /** Asks for x86-64. */
    public static GoldenC x86_64() {
        return new GoldenC("x86_64", "gcc-x86-64-linux-gnu libc6-dev-amd64-cross linux-libc-dev-amd64-cross");
    }

    /** Asks for aarch64; the test is skipped, with the names of the packages, if there is no cross compiler. */
    public static GoldenC aarch64() {
        return new GoldenC("aarch64", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross linux-libc-dev-arm64-cross");
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /** Includes a header. */
    public GoldenC include(String header) {
        prologue.add("#include <" + header + ">");
        return this;
    }

    /** Adds a line of C before the table, for what the installed headers do not have yet. */
    public GoldenC line(String line) {
        prologue.add(line);
        return this;
    }

    /** Asks for the value of a constant expression, under a name that {@link #check(Map)} knows. */
    public GoldenC value(String name, String expression) {
        if (expressions.put(name, expression) != null) {
            throw new IllegalArgumentException("asked twice: " + name);
        }
        return this;
    }

    /** Asks for the value of a constant expression, and says which it must be; ints may be signed or not. */
    public GoldenC expect(String expression, long value) {
        expected.put(expression, value);
        return value(expression, expression);
    }

    /** Asks for the offset of a field, and says which it must be. */
    public GoldenC offset(String type, String field, long value) {
        return expect("__builtin_offsetof(" + type + ", " + field + ")", value);
    }

    /** Compares with what was said by {@link #expect}. */
    public void check() {
        check(Map.of());
    }

    /** Compares with these values too; every name asked must have a value, and every value must be asked. */
    public void check(Map<String, Long> values) {
        var ours = new LinkedHashMap<>(expected);
        ours.putAll(values);
        var theirs = compile();
        var names = new TreeSet<>(ours.keySet());
        names.addAll(theirs.keySet());
        var differences = names.stream()
                .filter(name -> !Objects.equals(ours.get(name), theirs.get(name)))
                .map(name -> "%s: ours %s, C %s".formatted(name, show(ours.get(name)), show(theirs.get(name))))
                .collect(Collectors.joining("\n"));
        if (theirs.isEmpty() || !differences.isEmpty()) {
            throw new AssertionError(
                    theirs.isEmpty() ? "nothing was asked" : "differs from " + compiler + ":\n" + differences);
        }
    }

    private static String show(Long value) {
        return value == null ? "none" : "%d (0x%x)".formatted(value, value);
    }

    private Map<String, Long> compile() {
        try {
            var directory = Files.createTempDirectory("golden");
            var source = directory.resolve("golden.c");
            var object = directory.resolve("golden.o");
            var table = directory.resolve("golden.bin");
            try {
                Files.writeString(source, source());
                run(compiler, "-c", "-o", object.toString(), source.toString());
                run(objcopy, "-O", "binary", "-j", "golden", object.toString(), table.toString());
                return read(Files.readAllBytes(table));
            } finally {
                for (var file : new Path[] {source, object, table, directory}) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private String source() {
        return expressions.values().stream()
                .map(expression -> "    (long long)(" + expression + "),\n")
                .collect(Collectors.joining(
                        "",
                        String.join("\n", prologue)
                                + "\nconst long long golden_table[] __attribute__((section(\"golden\"), used)) = {\n",
                        "};\n"));
    }

    private Map<String, Long> read(byte[] table) {
        if (table.length != 8 * expressions.size()) {
            throw new AssertionError("table of " + table.length + " bytes for " + expressions.size() + " values");
        }
        // Both architectures are little-endian.
        var numbers = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
        var result = new LinkedHashMap<String, Long>();
        expressions.keySet().forEach(name -> result.put(name, numbers.getLong()));
        return result;
    }

    private void run(String... command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(String.join(" ", command) + " failed:\n" + output + "\n" + source());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException(stopped);
        } finally {
            process.destroy();
        }
    }
}
