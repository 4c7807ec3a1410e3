package io.varve.guard;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a Jupiter test in which a leak or a blocked thread was reported. Buffers are only missed once they were collected,
 * and collecting after each test would cost more than the tests, so a class answers for what is found when it ends, with those
 * that ended a moment before it, and the engine for what comes later still.
 */
public final class Guards implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private static final Namespace NAMESPACE = Namespace.create(Guards.class);

    /** Nobody collects again before: it takes a fifth of a second, and many classes take less. */
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** When an engine has collected last. */
    private static final class Collection {
        private long nanos = System.nanoTime() - PERIOD_NANOS;

        synchronized boolean isDue() {
            long now = System.nanoTime();
            boolean due = now - nanos >= PERIOD_NANOS;
            nanos = due ? now : nanos;
            return due;
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // A method's name alone does not make its class listen, so the first test would not be heard.
        Overheard.requireSilence();
        AutoCloseable lastWord = Overheard::requireSilenceAfterCollection;
        context.getRoot().getStore(NAMESPACE).computeIfAbsent("last word", key -> lastWord);
    }

    private static Collection collection(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent("collection", key -> new Collection(), Collection.class);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Overheard.requireSilence();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        boolean topLevel = context.getParent().equals(Optional.of(context.getRoot()));
        if (topLevel && collection(context).isDue()) {
            Overheard.requireSilenceAfterCollection();
        }
    }
}
