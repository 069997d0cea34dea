package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.InMemoryObjectStore;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicIdPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftToArchiveTest {
    private static final int RECORDS = 10;
    private static final Duration MAX_TIME = Duration.ofSeconds(60);

    @TempDir Path folder;

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // wraps around

    @Test
    void theNextSegmentIsLeftWhenMostOfMuchIsStillToDoAndTheArchiveIsInTime() throws Exception {
        try (TestNode node =
                new TestNode(folder, new InMemoryObjectStore(InstantSource.system()))) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of());
            appendAndSeal(node, topic);
            List<SealedSegment> next = node.wal.sealedSegments();
            appendAndSeal(node, topic);
            List<SealedSegment> all = node.wal.sealedSegments();
            AtomicReference<List<SealedSegment>> waiting = new AtomicReference<>(all);
            LeftToArchive left = of(waiting, 50_000);
            TopicIdPartition first = TestNode.partition(topic, 0);
            List<TopicIdPartition> both = List.of(first, TestNode.partition(topic, 1));
            TopicIdPartition other = TestNode.partition(node.createTopic("other", 1, Map.of()), 0);

            assertThat(left.segments(both, _ -> 0)).isEqualTo(next);
            assertThat(LeftToArchive.holds(next, first, RECORDS - 1)).isTrue();
            assertThat(LeftToArchive.holds(next, first, RECORDS)).isFalse();
            assertThat(left.segments(both, p -> p.equals(first) ? 2 : 0)).isEqualTo(next);
            assertThat(left.segments(both, _ -> RECORDS / 2 + 1)).isEmpty();
            assertThat(left.segments(both, _ -> 2 * RECORDS)).isEmpty();
            assertThat(of(waiting, 1 << 20).segments(both, _ -> 0)).isEmpty();
            assertThat(of(waiting, 1).segments(List.of(other), _ -> 0)).isEmpty();
            List<SealedSegment> ofFirst = left.segments(List.of(first), _ -> 0);
            assertThat(LeftToArchive.holds(ofFirst, first, 0)).isTrue();

            nanos.addAndGet(MAX_TIME.toNanos() - 1);
            assertThat(left.segments(both, _ -> 0)).isEqualTo(next);
            nanos.addAndGet(1);
            assertThat(left.segments(both, _ -> 0)).isEmpty();
            assertThat(left.segments(both, _ -> RECORDS))
                    .hasSameSizeAs(next)
                    .doesNotContainAnyElementsOf(next);

            waiting.set(List.of()); // archiving fails, and begins anew
            assertThat(left.segments(both, _ -> 0)).isEmpty();
            waiting.set(all);
            assertThat(left.segments(both, _ -> 0)).isEqualTo(next);
        }
    }

    private static void appendAndSeal(TestNode node, TopicMetadata topic) {
        for (int i = 0; i < RECORDS; i++) {
            node.append(topic, 0, "x".repeat(10_000));
            node.append(topic, 1, "x".repeat(10_000));
        }
        node.wal.sealNow();
    }

    private LeftToArchive of(AtomicReference<List<SealedSegment>> waiting, long minBytes) {
        return new LeftToArchive(waiting::get, minBytes, MAX_TIME, nanos::get);
    }
}
