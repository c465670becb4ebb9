package io.vduse4j.vduse;

import io.vduse4j.golden.GoldenC;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Compares all public constants of a class with what a C compiler makes of them. */
final class Constants {
    private final GoldenC compiler;
    private final Map<String, Long> ours = new HashMap<>();

    Constants(GoldenC compiler) {
        this.compiler = compiler;
    }

    /** Constants that have the name of a constant in C, but for some that C does not have. */
    void named(Class<?> constants, Set<String> others) throws IllegalAccessException {
        compare(constants, others, name -> name);
    }

    /** Constants for which C has an expression. */
    void all(Class<?> constants, UnaryOperator<String> expression) throws IllegalAccessException {
        compare(constants, Set.of(), expression);
    }

    private void compare(Class<?> constants, Set<String> others, UnaryOperator<String> expression)
            throws IllegalAccessException {
        var fields = Stream.of(constants.getFields())
                .filter(field -> Modifier.isStatic(field.getModifiers()))
                .filter(field -> !others.contains(field.getName()))
                .toList();
        if (fields.isEmpty()) {
            throw new AssertionError(constants + " has no constants");
        }
        for (var field : fields) {
            var name = constants.getSimpleName() + "." + field.getName();
            var value = field.get(null);
            if (value instanceof String text) {
                compiler.value(name, "__builtin_strcmp(" + expression.apply(field.getName()) + ", \"" + text + "\")");
                ours.put(name, 0L);
            } else {
                // To the width of ours: C has ioctl numbers without a sign, and a minus one with it.
                var width = value instanceof Integer ? "(int)" : "";
                compiler.value(name, width + "(" + expression.apply(field.getName()) + ")");
                ours.put(name, ((Number) value).longValue());
            }
        }
    }

    void check() {
        compiler.check(ours);
    }
}
