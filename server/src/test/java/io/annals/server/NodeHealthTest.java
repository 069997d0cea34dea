package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.query.http.Answer;
import io.annals.query.http.Call;
import io.annals.wal.WalUsage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NodeHealthTest {
    private static final Call CALL = new Call(Map.of(), Map.of());

    private final NodeHealth health = new NodeHealth();

    @Test
    void itIsLiveFromTheStartButReadyOnlyWhileItServes() {
        assertThat(health.live(CALL).status()).isEqualTo(200);
        assertThat(health.ready(CALL).status()).isEqualTo(503);

        health.serving();
        assertThat(health.ready(CALL).status()).isEqualTo(200);

        health.stopping();
        assertThat(health.ready(CALL).status()).isEqualTo(503);
        assertThat(text(health.ready(CALL))).contains("stopping");
    }

    @Test
    void reasonsTakeReadinessAwayAndWarningsDoNot() {
        health.serving();
        health.warn(() -> List.of("archiving failed"));
        assertThat(health.ready(CALL).status()).isEqualTo(200);
        assertThat(text(health.ready(CALL))).contains("archiving failed");

        health.check(() -> Optional.of("hot tier is full"));
        assertThat(health.ready(CALL).status()).isEqualTo(503);
        assertThat(text(health.ready(CALL))).contains("hot tier is full");
    }

    /// The log refuses what does not fit, so it hardly ever reaches its bound.
    @Test
    void aHotTierWithoutRoomForALargeBatchIsFull() {
        assertThat(NodeHealth.fullness(new WalUsage(7 << 20, 8 << 20))).isEmpty();
        assertThat(NodeHealth.fullness(new WalUsage((7 << 20) + 1, 8 << 20)))
                .contains("hot tier is full: 7340033 of 8388608 bytes");
        assertThat(NodeHealth.fullness(new WalUsage(9 << 20, 8 << 20))).isPresent();
    }

    private static String text(Answer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }
}
