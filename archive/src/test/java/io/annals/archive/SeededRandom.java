package io.annals.archive;

import java.util.Random;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives a test a [Random], and prints its seed and how to run it again if the test fails.
final class SeededRandom implements ParameterResolver, AfterTestExecutionCallback {
    private static final String PROPERTY = "annals.seed";
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(SeededRandom.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Random.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        long seed = Long.getLong(PROPERTY, new Random().nextLong());
        context.getStore(NAMESPACE).put(PROPERTY, seed);
        return new Random(seed);
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        Long seed = context.getStore(NAMESPACE).get(PROPERTY, Long.class);
        if (seed != null && context.getExecutionException().isPresent()) {
            System.err.printf(
                    "seed %d; again: ./mvnw -pl archive -am test -Dtest=%s#%s -D%s=%d%n",
                    seed,
                    context.getRequiredTestClass().getSimpleName(),
                    context.getRequiredTestMethod().getName(),
                    PROPERTY,
                    seed);
        }
    }
}
