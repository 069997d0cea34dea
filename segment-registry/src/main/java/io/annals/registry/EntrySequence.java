package io.annals.registry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// All record segments, or all index splits, of a generation in the order of checkpoints: by topic
/// name, then smallest base offset, then id. Immutable.
final class EntrySequence {
    private final List<String> topics = new ArrayList<>();
    private final List<LongIndex<PackedEntry>> indexes = new ArrayList<>();

    /// Position after the last entry of each topic.
    private final int[] ends;

    private EntrySequence(
            Generation generation, Function<TopicCatalogue, LongIndex<PackedEntry>> kind) {
        List<Integer> positions = new ArrayList<>();
        int end = 0;
        for (TopicMetadata topic : generation.topics()) {
            LongIndex<PackedEntry> index = kind.apply(generation.catalogue(topic.id()));
            if (index.size() > 0) {
                end += index.size();
                topics.add(topic.name());
                indexes.add(index);
                positions.add(end);
            }
        }
        this.ends = positions.stream().mapToInt(Integer::intValue).toArray();
    }

    static EntrySequence segments(Generation generation) {
        return new EntrySequence(generation, TopicCatalogue::segments);
    }

    static EntrySequence splits(Generation generation) {
        return new EntrySequence(generation, TopicCatalogue::splits);
    }

    int size() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    PackedEntry get(int at) {
        int topic = topicOf(at);
        return indexes.get(topic).get(at - start(topic));
    }

    List<PackedEntry> range(int from, int to) {
        List<PackedEntry> entries = new ArrayList<>(to - from);
        for (int at = from; at < to; at++) {
            entries.add(get(at));
        }
        return entries;
    }

    /// Position here of the first entry that is not before an entry of another sequence.
    int positionOf(EntrySequence other, int at) {
        int otherTopic = other.topicOf(at);
        String name = other.topics.get(otherTopic);
        int topic = 0; // topics are few beside what is read and written for each
        while (topic < topics.size() && topics.get(topic).compareTo(name) < 0) {
            topic++;
        }
        if (topic == topics.size() || !topics.get(topic).equals(name)) {
            return start(topic);
        }
        LongIndex<PackedEntry> index = other.indexes.get(otherTopic);
        int in = at - other.start(otherTopic);
        return start(topic) + indexes.get(topic).position(index.key(in), index.get(in));
    }

    /// Whether the very same entries are at `[from, from + count)` here and from `otherFrom` on
    /// there.
    boolean same(int from, EntrySequence other, int otherFrom, int count) {
        for (int i = 0; i < count; i++) {
            if (get(from + i) != other.get(otherFrom + i)) {
                return false;
            }
        }
        return true;
    }

    private int start(int topic) {
        return topic == 0 ? 0 : ends[topic - 1];
    }

    private int topicOf(int at) {
        int found = Arrays.binarySearch(ends, at);
        return found >= 0 ? found + 1 : -found - 1;
    }
}
