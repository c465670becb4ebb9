package io.vduse4j.testkit.conformance;

import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGenerator;

/** Names of cases: their {@link Rule} before the words of the method's name. Made by JUnit. */
public final class RuleNames extends DisplayNameGenerator.Standard {
    /** Made by JUnit. */
    public RuleNames() {}

    @Override
    public String generateDisplayNameForMethod(
            List<Class<?>> enclosingInstanceTypes, Class<?> testClass, Method testMethod) {
        var words = testMethod.getName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ");
        var rule = testMethod.getAnnotation(Rule.class);
        if (rule == null) {
            return words;
        }
        var item = rule.item() == 0 ? "" : ", item " + rule.item();
        return "(" + rule.value() + item + ") " + words;
    }
}
