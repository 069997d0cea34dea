package io.annals.registry;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Begins a registry's history anew with a catalogue that was gathered from the objects: a
/// checkpoint under the next number that is not taken. What was left of the old history stays, and
/// is not read any more at the start.
///
/// No registry may be open on the store. No state.
public final class RegistryRestore {
    private RegistryRestore() {}

    /// @param committedAtMs wall clock of the new generation
    /// @param topics no tombstones; the objects of their versions are written if they are missing
    /// @return the generation that was written
    /// @throws RegistryConflictException if the catalogue contradicts itself, or if somebody else
    ///   wrote the same generation
    public static RegistrySnapshot write(
            RegistryStore store,
            long committedAtMs,
            List<TopicMetadata> topics,
            List<RecordSegment> segments,
            List<IndexSplit> splits)
            throws IOException {
        long number = newestNumber(store) + 1;
        Generation generation =
                Generation.of(new Checkpoint(number, committedAtMs, topics, segments, splits));
        writeTopics(store, topics);
        if (!new CheckpointWriter(store, LocalPages.NONE, null).write(generation)) {
            throw new RegistryConflictException(
                    ObjectKeys.checkpoint(number) + " was written by somebody else");
        }
        return generation;
    }

    private static long newestNumber(RegistryStore store) throws IOException {
        long newest = new History(store, LocalPages.NONE).newestNumber();
        for (String page : store.list(ObjectKeys.PAGES)) {
            newest = Math.max(newest, ObjectKeys.pageGeneration(page).orElse(0));
        }
        return newest;
    }

    private static void writeTopics(RegistryStore store, List<TopicMetadata> topics)
            throws IOException {
        Set<String> present = new HashSet<>(store.list(ObjectKeys.TOPICS));
        for (TopicMetadata topic : topics) {
            String key = ObjectKeys.topic(topic.id(), topic.version());
            if (!present.contains(key) && !store.createIfAbsent(key, RegistryFormat.topic(topic))) {
                throw new RegistryConflictException(key + " was written by somebody else");
            }
        }
    }
}
