package io.vduse4j.testkit.conformance;

import java.util.concurrent.Callable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives each case of the suite a host of its own, and closes it behind the case. */
public final class TargetExtension implements ParameterResolver {
    private static final Namespace SPACE = Namespace.create(TargetExtension.class);

    private final Callable<? extends ConformanceTarget> opener;

    /**
     * Registered by a runner with {@code @RegisterExtension}, in a static field.
     *
     * @param opener opens the host under test
     */
    public TargetExtension(Callable<? extends ConformanceTarget> opener) {
        this.opener = opener;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == ConformanceTarget.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getStore(SPACE).computeIfAbsent(ConformanceTarget.class, _ -> open());
    }

    private ConformanceTarget open() {
        try {
            return opener.call();
        } catch (Exception failure) {
            throw new ParameterResolutionException("the host under test does not open", failure);
        }
    }
}
