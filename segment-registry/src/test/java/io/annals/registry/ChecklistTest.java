package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecklistTest {
    @Test
    void whatIsNotTickedOffIsLeft() {
        List<RecordSegment> segments = new ArrayList<>();
        List<IndexSplit> splits = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            segments.add(Samples.segment("s" + i, Samples.range(0, i * 10L, i * 10L + 10)));
            splits.add(Samples.split("x" + i, segments.getLast()));
        }
        Generation generation =
                Generation.EMPTY
                        .next(RegistryChange.ofTopic(Samples.orders(1, 1)), 1)
                        .next(RegistryChange.ofArchived(segments, splits), 2);
        Collections.shuffle(segments, new Random(1));
        Collections.shuffle(splits, new Random(2));
        Checklist checklist = generation.checklist();

        for (int i = 0; i < 400; i++) {
            RecordSegment segment = segments.get(i);
            IndexSplit split = splits.get(i);
            assertThat(checklist.segment(segment.object().key())).contains(segment);
            assertThat(checklist.split(split.object().key())).contains(split);
        }
        List<String> left = new ArrayList<>();
        checklist.forEachLeft(left::add);

        List<String> expected = new ArrayList<>();
        segments.subList(400, 500).forEach(segment -> expected.add(segment.object().key()));
        splits.subList(400, 500).forEach(split -> expected.add(split.object().key()));
        assertThat(left).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void anotherKeyWithTheSameIdTicksNothingOff() {
        RecordSegment segment = Samples.segment("s", Samples.range(0, 0, 10));
        Generation generation =
                Generation.EMPTY
                        .next(RegistryChange.ofTopic(Samples.orders(1, 1)), 1)
                        .next(RegistryChange.ofArchived(List.of(segment), List.of()), 2);
        Checklist checklist = generation.checklist();

        for (String key : List.of("segments/other/s.tar.gz", "s", "", "segments/", "s.tar.gz")) {
            assertThat(checklist.segment(key)).isEmpty();
            assertThat(generation.isSegment(key)).isFalse();
        }
        assertThat(checklist.split(segment.object().key())).isEmpty();
        assertThat(generation.isSegment(segment.object().key())).isTrue();
        List<String> left = new ArrayList<>();
        checklist.forEachLeft(left::add);
        assertThat(left).containsExactly(segment.object().key());
    }
}
