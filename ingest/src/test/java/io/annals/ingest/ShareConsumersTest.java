package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// There are no share groups, and their clients are told so instead of waiting forever.
@Timeout(60)
class ShareConsumersTest {
    @TempDir private Path directory;
    private TestNode node;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        node.createTopic("t", 1);
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    @Test
    void aShareConsumerHearsThatItsProtocolIsNotServed() {
        Map<String, Object> settings =
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        node.bootstrap(),
                        ConsumerConfig.GROUP_ID_CONFIG,
                        "share");
        try (KafkaShareConsumer<byte[], byte[]> consumer =
                new KafkaShareConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("t"));
            assertThatThrownBy(() -> pollFor(consumer, Duration.ofSeconds(30)))
                    .isInstanceOf(UnsupportedVersionException.class);
        }
    }

    private static void pollFor(KafkaShareConsumer<byte[], byte[]> consumer, Duration patience) {
        for (long left = patience.toMillis(); left > 0; left -= 200) {
            consumer.poll(Duration.ofMillis(200));
        }
    }

    @Test
    void anAdminClientHearsThatShareGroupsAreNotServed() {
        try (Admin admin = node.admin()) {
            assertThatThrownBy(() -> admin.describeShareGroups(List.of("share")).all().get())
                    .hasCauseInstanceOf(UnsupportedVersionException.class);
        }
    }
}
