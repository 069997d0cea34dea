package io.annals.registry;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The generations that can still be read from a store: what they refer to, and how to forget the
/// oldest of them. Thread-safe, keeps nothing.
public final class KeptGenerations {
    private final RegistryStore store;
    private final History history;

    public KeptGenerations(RegistryStore store) {
        this.store = store;
        this.history = new History(store);
    }

    /// The key of every record segment and index split that any kept generation refers to.
    ///
    /// @throws CorruptRegistryException if a part of the history cannot be read: what it refers to
    ///   is not known then
    public Set<String> objectKeys() throws IOException {
        NavigableSet<Long> checkpoints = history.numbers(ObjectKeys.CHECKPOINTS);
        NavigableSet<Long> deltas = history.numbers(ObjectKeys.DELTAS);
        Set<String> keys = new HashSet<>();
        for (long number : deltas) {
            Optional<Delta> delta = history.delta(number);
            if (delta.isPresent()) {
                add(keys, delta.get().change().addedSegments(), delta.get().change().addedSplits());
            }
        }
        long previous = 0;
        for (long number : checkpoints) {
            // one that follows from an earlier state and its deltas refers to nothing more
            if (deltas.subSet(previous, false, number, true).size() != number - previous) {
                Optional<Checkpoint> checkpoint = checkpoint(number);
                if (checkpoint.isPresent()) {
                    add(keys, checkpoint.get().segments(), checkpoint.get().splits());
                }
            }
            previous = number;
        }
        return keys;
    }

    /// Deletes the deltas and checkpoints that only generations before the one of that time need.
    /// The newest two checkpoints, and what is after them, always stay.
    ///
    /// @return the names of what was deleted
    public List<String> forgetBefore(long timeMs) throws IOException {
        NavigableSet<Long> checkpoints = history.numbers(ObjectKeys.CHECKPOINTS);
        checkpoints.pollLast();
        for (long number : checkpoints.descendingSet()) {
            Optional<Delta> delta = history.delta(number); // smaller than its checkpoint
            if (delta.isPresent() && delta.get().committedAtMs() > timeMs) {
                continue;
            }
            Optional<Checkpoint> checkpoint = checkpoint(number);
            if (checkpoint.isPresent() && checkpoint.get().committedAtMs() <= timeMs) {
                return forgetBelow(number);
            }
        }
        return List.of();
    }

    private List<String> forgetBelow(long checkpoint) throws IOException {
        List<String> names =
                Stream.concat(
                                history
                                        .numbers(ObjectKeys.DELTAS)
                                        .headSet(checkpoint, true)
                                        .stream()
                                        .map(ObjectKeys::delta),
                                history
                                        .numbers(ObjectKeys.CHECKPOINTS)
                                        .headSet(checkpoint, false)
                                        .stream()
                                        .map(ObjectKeys::checkpoint))
                        .toList();
        for (String name : names) {
            store.delete(name);
        }
        return names;
    }

    private Optional<Checkpoint> checkpoint(long number) throws IOException {
        String name = ObjectKeys.checkpoint(number);
        return store.read(name).map(bytes -> RegistryFormat.checkpoint(name, bytes));
    }

    private static void add(
            Set<String> keys, List<RecordSegment> segments, List<IndexSplit> splits) {
        segments.forEach(segment -> keys.add(segment.object().key()));
        splits.forEach(split -> keys.add(split.object().key()));
    }
}
