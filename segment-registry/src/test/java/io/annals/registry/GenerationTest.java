package io.annals.registry;

import static io.annals.registry.Samples.ORDERS;
import static io.annals.registry.Samples.PAYMENTS;
import static io.annals.registry.Samples.archived;
import static io.annals.registry.Samples.indexed;
import static io.annals.registry.Samples.orders;
import static io.annals.registry.Samples.range;
import static io.annals.registry.Samples.removed;
import static io.annals.registry.Samples.segment;
import static io.annals.registry.Samples.split;
import static io.annals.registry.Samples.tombstone;
import static io.annals.registry.Samples.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GenerationTest {
    private static final RecordSegment A = segment("a", range(0, 0, 10), range(1, 100, 200));
    private static final RecordSegment B = segment("b", range(0, 20, 30));
    private static final IndexSplit SPLIT_A = split("split-a", A);

    private final Generation base =
            Generation.EMPTY
                    .next(RegistryChange.ofTopic(orders(1, 2)), 1)
                    .next(archived(A, B), 2)
                    .next(indexed(SPLIT_A), 3);

    @Test
    void findsTheSegmentOfAnOffsetAndTheNextOneInAGap() {
        assertThat(base.segmentFor(ORDERS, 0, 0)).contains(A);
        assertThat(base.segmentFor(ORDERS, 0, 9)).contains(A);
        assertThat(base.segmentFor(ORDERS, 0, 10)).contains(B);
        assertThat(base.segmentFor(ORDERS, 0, 19)).contains(B);
        assertThat(base.segmentFor(ORDERS, 0, 29)).contains(B);
        assertThat(base.segmentFor(ORDERS, 0, 30)).isEmpty();
        assertThat(base.segmentFor(ORDERS, 0, Long.MAX_VALUE)).isEmpty();
        assertThat(base.segmentFor(ORDERS, 0, -1)).contains(A);
        assertThat(base.segmentFor(ORDERS, 1, 0)).contains(A);
        assertThat(base.segmentFor(ORDERS, 1, 200)).isEmpty();
        assertThat(base.segmentFor(ORDERS, 2, 0)).isEmpty();
        assertThat(base.segmentFor(PAYMENTS, 0, 0)).isEmpty();
        assertThat(base.archivedStartOffset(ORDERS, 1)).contains(100L);
        assertThat(base.archivedEndOffset(ORDERS, 1)).isEqualTo(200);
        assertThat(base.segments(ORDERS, 0)).containsExactly(A, B);
        assertThat(base.segments(ORDERS, 1)).containsExactly(A);
        assertThat(base.segments(ORDERS)).containsExactly(A, B);
        assertThat(base.splits(ORDERS)).containsExactly(SPLIT_A);
        assertThat(base.segment("b")).contains(B);
        assertThat(base.split("split-a")).contains(SPLIT_A);
    }

    @Test
    void refusesOverlaps() {
        refused(archived(segment("c", range(0, 5, 6))), "overlaps record segment a");
        refused(archived(segment("c", range(0, 9, 12))), "overlaps record segment a");
        refused(archived(segment("c", range(0, 10, 21))), "overlaps record segment b");
        refused(archived(segment("c", range(0, 0, 40))), "overlaps record segment");
        refused(archived(segment("c", range(0, 29, 31))), "overlaps record segment b");
        refused(archived(segment("c", range(0, 12, 13), range(1, 199, 201))), "orders-1");
        refused(
                archived(segment("c", range(0, 40, 50)), segment("d", range(0, 49, 60))),
                "overlaps record segment");
        accepted(archived(segment("c", range(0, 10, 20)), segment("d", range(0, 30, 31))));
    }

    @Test
    void refusesUnknownAndDoubledSegments() {
        refused(removed(List.of("x"), List.of()), "record segment x is not in generation 3");
        refused(removed(List.of("a", "a"), List.of()), "record segment a is not");
        refused(removed(List.of(), List.of("x")), "index split x is not in generation 3");
        refused(archived(segment("a", range(0, 50, 60))), "record segment a is there already");
        refused(
                archived(segment("c", range(0, 50, 60)), segment("c", range(0, 70, 80))),
                "record segment c is there already");
        refused(archived(segment(PAYMENTS, "c", range(0, 50, 60))), "topic " + PAYMENTS);
    }

    @Test
    void refusesRangesThatMakeNoSense() {
        refused(archived(segment("c")), "holds nothing");
        refused(archived(segment("c", range(2, 0, 1))), "holds partition 2");
        refused(archived(segment("c", range(-1, 0, 1))), "partition -1");
        refused(archived(segment("c", range(0, 50, 50))), "[50, 50)");
        refused(archived(segment("c", range(0, -5, 50))), "[-5, 50)");
        refused(archived(segment("c", range(1, 0, 1), range(0, 50, 51))), "partition 0 after");
    }

    @Test
    void refusesSplitsOfUnknownOrCoveredSegments() {
        RecordSegment c = segment("c", range(0, 50, 60));
        refused(indexed(split("s", c)), "covers record segment c, which is not there");
        refused(indexed(split("s", A)), "which another split covers");
        refused(indexed(split("s", B), split("t", B)), "which another split covers");
        refused(indexed(split("split-a", B)), "is there already");
        accepted(RegistryChange.ofArchived(List.of(c), List.of(split("s", c))));
        accepted(
                new RegistryChange(
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(split("merged", A, B)),
                        List.of("split-a")));
    }

    @Test
    void aSplitGoesWithTheLastSegmentItCovers() {
        Generation merged =
                base.next(
                        new RegistryChange(
                                List.of(),
                                List.of(),
                                List.of(),
                                List.of(split("merged", A, B)),
                                List.of("split-a")),
                        4);

        Generation half = merged.next(removed(List.of("a"), List.of()), 5);
        assertThat(half.splits(ORDERS)).extracting(IndexSplit::id).containsExactly("merged");
        Generation none = half.next(removed(List.of("b"), List.of()), 6);
        assertThat(none.splits(ORDERS)).isEmpty();
        assertThat(none.split("merged")).isEmpty();
        assertThat(none.isArchived(ORDERS, "0-wal-a")).isFalse();
    }

    @Test
    void refusesStaleAndImpossibleTopics() {
        refused(RegistryChange.ofTopic(orders(1, 2)), "version 1");
        refused(RegistryChange.ofTopic(orders(3, 2)), "version 3");
        refused(RegistryChange.ofTopic(orders(2, 1)), "cannot shrink from 2 to 1");
        refused(RegistryChange.ofTopic(topic(ORDERS, "renamed", 2, 2)), "cannot be renamed");
        refused(RegistryChange.ofTopic(topic(PAYMENTS, "orders", 1, 1)), "is taken by topic");
        refused(RegistryChange.ofTopic(topic(PAYMENTS, "payments", 2, 1)), "has version 2");
        refused(RegistryChange.ofTopic(tombstone(topic(PAYMENTS, "payments", 1, 1))), "is not in");
        accepted(RegistryChange.ofTopic(orders(2, 5)));
    }

    @Test
    void refusesALogStartOffsetThatGoesBack() {
        Generation raised = base.next(RegistryChange.ofTopic(startingAt(2, 7)), 4);

        assertThatThrownBy(() -> raised.next(RegistryChange.ofTopic(startingAt(3, 6)), 5))
                .isInstanceOf(RegistryConflictException.class)
                .hasMessageContaining("orders-0 cannot go back from 7 to 6");
    }

    @Test
    void aDeletedTopicTakesEverythingAlongAndFreesItsName() {
        TopicMetadata again = topic(PAYMENTS, "orders", 1, 1);
        Generation next =
                base.next(
                        new RegistryChange(
                                List.of(again, tombstone(orders(1, 2))),
                                List.of(),
                                List.of(),
                                List.of(),
                                List.of()),
                        4);

        assertThat(next.topics()).containsExactly(again);
        assertThat(next.topic(ORDERS)).isEmpty();
        assertThat(next.segments(ORDERS)).isEmpty();
        assertThat(next.segment("a")).isEmpty();
        assertThat(next.split("split-a")).isEmpty();
        assertThat(next.isArchived(ORDERS, "0-wal-a")).isFalse();
        assertThat(next.checkpoint().segments()).isEmpty();
    }

    private static TopicMetadata startingAt(long version, long offset) {
        return new TopicMetadata(
                ORDERS, "orders", version, Map.of(), List.of(offset, 0L), 5, false);
    }

    private void accepted(RegistryChange change) {
        assertThat(base.next(change, 4).generation()).isEqualTo(4);
    }

    private void refused(RegistryChange change, String reason) {
        Checkpoint before = base.checkpoint();
        assertThatThrownBy(() -> base.next(change, 4))
                .isInstanceOf(RegistryConflictException.class)
                .hasMessageContaining(reason);
        assertThat(base.checkpoint()).isEqualTo(before);
    }
}
