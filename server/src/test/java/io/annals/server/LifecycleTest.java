package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LifecycleTest {
    private final List<String> closed = new CopyOnWriteArrayList<>();

    @Test
    void partsAreClosedInReverseOrder() throws Exception {
        Lifecycle lifecycle = new Lifecycle(Duration.ofSeconds(5));
        lifecycle.started("first", () -> closed.add("first"));
        lifecycle.started("second", () -> closed.add("second"));

        lifecycle.close();

        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void aPartThatFailsOrHangsDoesNotKeepTheOthersOpen() {
        Lifecycle lifecycle = new Lifecycle(Duration.ofMillis(100));
        lifecycle.started("first", () -> closed.add("first"));
        lifecycle.started("hangs", () -> new CountDownLatch(1).await());
        lifecycle.started(
                "fails",
                () -> {
                    throw new IOException("broken");
                });

        assertThatThrownBy(lifecycle::close)
                .isInstanceOf(IOException.class)
                .satisfies(e ->
                        assertThat(e.getSuppressed())
                                .extracting(Throwable::getMessage)
                                .containsExactly(
                                        "fails failed to close",
                                        "hangs did not close within PT0.1S"));
        assertThat(closed).containsExactly("first");
    }
}
