package io.annals.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The generations that can still be read from a store: what they refer to, and how to forget the
/// oldest of them. Thread-safe, keeps nothing.
public final class KeptGenerations {
    private static final Logger LOG = LoggerFactory.getLogger(KeptGenerations.class);

    private final RegistryStore store;
    private final History history;
    private final CheckpointReader checkpoints;

    public KeptGenerations(RegistryStore store) {
        this.store = store;
        this.history = new History(store, LocalPages.NONE);
        this.checkpoints = new CheckpointReader(store, LocalPages.NONE);
    }

    /// Every record segment and index split that any kept generation refers to, some of them
    /// several times.
    ///
    /// @throws CorruptRegistryException if a part of the history cannot be read: what it refers to
    ///   is not known then
    public void forEach(Consumer<RecordSegment> segments, Consumer<IndexSplit> splits)
            throws IOException {
        NavigableSet<Long> numbers = history.numbers(ObjectKeys.CHECKPOINTS);
        NavigableSet<Long> deltas = new TreeSet<>();
        Consumer<Delta> feed =
                delta -> {
                    deltas.add(delta.generation());
                    delta.change().addedSegments().forEach(segments);
                    delta.change().addedSplits().forEach(splits);
                };
        NavigableSet<Long> listed = history.numbers(ObjectKeys.DELTAS);
        if (!listed.isEmpty()) {
            ReadAhead.each(
                    LongStream.rangeClosed(listed.first(), listed.last())::iterator,
                    history::delta,
                    delta -> delta.ifPresent(feed));
        }
        long next = listed.isEmpty() ? 1 : listed.last() + 1;
        Optional<Delta> delta = history.delta(next); // a listing may be older than the last commits
        while (delta.isPresent()) {
            feed.accept(delta.get());
            delta = history.delta(++next);
        }
        long previous = 0;
        for (long number : numbers) {
            // one that follows from an earlier state and its deltas refers to nothing more
            if (deltas.subSet(previous, false, number, true).size() != number - previous) {
                Optional<StoredCheckpoint> checkpoint = checkpoints.head(number);
                if (checkpoint.isPresent()) {
                    checkpoints.forEach(checkpoint.get(), segments, splits);
                }
            }
            previous = number;
        }
    }

    /// Feeds every record segment's and index split's object that anything readable names, for a
    /// registry of which some is lost; the same one perhaps several times.
    public void readableObjects(Consumer<ArchiveObject> objects) throws IOException {
        for (long number : history.numbers(ObjectKeys.CHECKPOINTS)) {
            try {
                Optional<StoredCheckpoint> checkpoint = checkpoints.head(number);
                if (checkpoint.isPresent()) {
                    checkpoints.forEach(
                            checkpoint.get(),
                            segment -> objects.accept(segment.object()),
                            split -> objects.accept(split.object()));
                }
            } catch (CorruptRegistryException | UnsupportedRegistryVersionException e) {
                LOG.info("nothing is taken from checkpoint {}: {}", number, e.toString());
            }
        }
        List<Long> deltas = List.copyOf(history.numbers(ObjectKeys.DELTAS));
        ReadAhead.each(
                deltas,
                this::readableDelta,
                delta ->
                        delta.ifPresent(readable -> {
                            RegistryChange change = readable.change();
                            change.addedSegments().forEach(s -> objects.accept(s.object()));
                            change.addedSplits().forEach(s -> objects.accept(s.object()));
                        }));
    }

    private Optional<Delta> readableDelta(long number) throws IOException {
        try {
            return history.delta(number);
        } catch (CorruptRegistryException | UnsupportedRegistryVersionException e) {
            LOG.info("nothing is taken from delta {}: {}", number, e.toString());
            return Optional.empty();
        }
    }

    /// Deletes the deltas and checkpoints that only generations before the one of that time need.
    /// The newest two checkpoints, and what is after them, always stay.
    ///
    /// @return the names of what was deleted
    public List<String> forgetBefore(long timeMs) throws IOException {
        NavigableSet<Long> numbers = history.numbers(ObjectKeys.CHECKPOINTS);
        numbers.pollLast();
        for (long number : numbers.descendingSet()) {
            Optional<Delta> delta = history.delta(number); // smaller than its checkpoint
            if (delta.isPresent() && delta.get().committedAtMs() > timeMs) {
                continue;
            }
            Optional<StoredCheckpoint> checkpoint = checkpoints.head(number);
            if (checkpoint.isPresent() && checkpoint.get().committedAtMs() <= timeMs) {
                return forgetBelow(number);
            }
        }
        return List.of();
    }

    private List<String> forgetBelow(long checkpoint) throws IOException {
        List<String> names =
                new ArrayList<>(
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
                                .toList());
        for (String name : names) {
            store.delete(name);
        }
        for (String page : unusedPages(checkpoint)) {
            store.delete(page);
            names.add(page);
        }
        return names;
    }

    /// Pages that no checkpoint from this one on has. Those written after it stay: they may belong
    /// to a checkpoint that somebody is about to write.
    private List<String> unusedPages(long checkpoint) throws IOException {
        List<String> pages = store.list(ObjectKeys.PAGES);
        Set<String> used = new HashSet<>();
        for (long number : history.numbers(ObjectKeys.CHECKPOINTS).tailSet(checkpoint, true)) {
            Optional<StoredCheckpoint> kept = checkpoints.head(number);
            if (kept.isPresent() && kept.get() instanceof PagedCheckpoint paged) {
                paged.pages().forEach(page -> used.add(page.key()));
            }
        }
        return pages.stream()
                .filter(page -> !used.contains(page))
                .filter(page ->
                        ObjectKeys.pageGeneration(page).orElse(Long.MAX_VALUE) <= checkpoint)
                .toList();
    }
}
