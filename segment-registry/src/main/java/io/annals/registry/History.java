package io.annals.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads generations from their objects: a checkpoint, and the deltas after it. Thread-safe, keeps
/// nothing but the local copy of pages.
final class History {
    private static final Logger LOG = LoggerFactory.getLogger(History.class);

    private final RegistryStore store;
    private final LocalPages copies;
    private final CheckpointReader checkpoints;

    History(RegistryStore store, LocalPages copies) {
        this.store = store;
        this.copies = copies;
        this.checkpoints = new CheckpointReader(store, copies);
    }

    /// The newest generation, with what was read to get there.
    ///
    /// @throws CorruptRegistryException if there is none without a hole
    Loaded newest() throws IOException {
        NavigableSet<Long> checkpointNumbers = numbers(ObjectKeys.CHECKPOINTS);
        NavigableSet<Long> deltas = numbers(ObjectKeys.DELTAS);
        long newest = newest(checkpointNumbers, deltas);
        Loaded loaded = withLater(load(newest, checkpointNumbers));
        if (loaded.generation.generation() == 0) {
            requireUnused();
        }
        loaded.base.ifPresent(base -> copies.keepOnly(base.checkpoint()));
        return loaded;
    }

    /// A listing may be older than the last commits; the deltas themselves are not.
    private Loaded withLater(Loaded listed) throws IOException {
        Generation state = listed.generation;
        List<Delta> deltas = new ArrayList<>(listed.deltas);
        Optional<Delta> next = delta(state.generation() + 1);
        while (next.isPresent()) {
            state = apply(state, next.get());
            deltas.add(next.get());
            next = delta(state.generation() + 1);
        }
        return new Loaded(state, listed.checkpoint, listed.base, deltas);
    }

    /// The largest number that any object has; 0 if there is none.
    long newestNumber() throws IOException {
        return newest(numbers(ObjectKeys.CHECKPOINTS), numbers(ObjectKeys.DELTAS));
    }

    private static long newest(NavigableSet<Long> checkpoints, NavigableSet<Long> deltas) {
        return Math.max(
                checkpoints.isEmpty() ? 0 : checkpoints.last(),
                deltas.isEmpty() ? 0 : deltas.last());
    }

    /// Whether nothing tells of this generation (any more).
    boolean isGone(long generation) throws IOException {
        return delta(generation).isEmpty() && checkpoints.head(generation).isEmpty();
    }

    /// The given generation; empty if not all of its objects are there any more.
    Optional<Loaded> at(long generation) throws IOException {
        try {
            return Optional.of(load(generation, numbers(ObjectKeys.CHECKPOINTS)));
        } catch (MissingDeltaException expected) {
            return Optional.empty();
        }
    }

    /// The delta that made a generation; empty if there is none (yet).
    Optional<Delta> delta(long generation) throws IOException {
        String name = ObjectKeys.delta(generation);
        Optional<Delta> delta = store.read(name).map(bytes -> RegistryFormat.delta(name, bytes));
        if (delta.isPresent() && delta.get().generation() != generation) {
            throw new CorruptRegistryException(
                    name, "generation " + generation, "generation " + delta.get().generation());
        }
        return delta;
    }

    /// Applies a delta to the generation before it.
    static Generation apply(Generation base, Delta delta) {
        try {
            return base.next(delta.change(), delta.committedAtMs());
        } catch (RegistryConflictException e) {
            throw new CorruptRegistryException(
                    ObjectKeys.delta(delta.generation()),
                    "a change that follows generation " + base.generation(),
                    e.toString());
        }
    }

    LocalPages copies() {
        return copies;
    }

    NavigableSet<Long> numbers(String prefix) throws IOException {
        NavigableSet<Long> numbers = new TreeSet<>();
        for (String name : store.list(prefix)) {
            ObjectKeys.number(name).ifPresent(numbers::add);
        }
        return numbers;
    }

    private Loaded load(long generation, NavigableSet<Long> checkpointNumbers) throws IOException {
        Generation state = Generation.EMPTY;
        Optional<CheckpointWriter.Base> base = Optional.empty();
        for (long number : checkpointNumbers.headSet(generation, true).descendingSet()) {
            Optional<Whole> read = readCheckpoint(number);
            if (read.isPresent()) {
                state = read.get().generation;
                base = read.get().base();
                break;
            }
        }
        long checkpoint = state.generation();
        List<Delta> deltas = new ArrayList<>();
        ReadAhead.each(
                LongStream.rangeClosed(checkpoint + 1, generation).boxed().toList(),
                number -> delta(number).orElseThrow(() -> new MissingDeltaException(number)),
                deltas::add);
        for (Delta delta : deltas) {
            state = apply(state, delta);
        }
        return new Loaded(state, checkpoint, base, deltas);
    }

    /// Empty if it is damaged or gone: an older one and more deltas do as well.
    private Optional<Whole> readCheckpoint(long number) throws IOException {
        try {
            Optional<StoredCheckpoint> head = checkpoints.head(number);
            return head.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Whole(head.get(), checkpoints.generation(head.get())));
        } catch (CorruptRegistryException e) {
            LOG.warn("skipping a damaged checkpoint: {}", e.toString());
            return Optional.empty();
        } catch (RegistryConflictException e) {
            LOG.warn("skipping checkpoint {}, which contradicts itself: {}", number, e.toString());
            return Optional.empty();
        }
    }

    private record Whole(StoredCheckpoint head, Generation generation) {

        Optional<CheckpointWriter.Base> base() {
            return head instanceof PagedCheckpoint paged
                    ? Optional.of(new CheckpointWriter.Base(generation, paged))
                    : Optional.empty();
        }
    }

    /// An empty registry over a store with archived objects in it is a lost registry.
    private void requireUnused() throws IOException {
        for (String prefix : List.of(ObjectKeys.TOPICS, ObjectKeys.SEGMENTS)) {
            List<String> found = store.list(prefix);
            if (!found.isEmpty()) {
                throw new CorruptRegistryException(
                        "registry/",
                        "the objects that catalogue %s and %d more; run: annals registry rebuild"
                                .formatted(found.getFirst(), found.size() - 1),
                        "none");
            }
        }
    }

    /// @param checkpoint generation of the checkpoint it started from, 0 if from nothing
    /// @param base that checkpoint, if it has pages
    /// @param deltas those applied after it
    record Loaded(
            Generation generation,
            long checkpoint,
            Optional<CheckpointWriter.Base> base,
            List<Delta> deltas) {

        /// @param nowMs stands for the first commit if there is none
        Checkpoints.Newest newestCheckpoint(long nowMs) {
            long firstMs = deltas.isEmpty() ? nowMs : deltas.getFirst().committedAtMs();
            return new Checkpoints.Newest(
                    checkpoint, base.map(at -> at.checkpoint().committedAtMs()).orElse(firstMs));
        }
    }

    private static final class MissingDeltaException extends IOException {
        private static final long serialVersionUID = 1;

        MissingDeltaException(long generation) {
            super(
                    "%s is missing: run annals registry rebuild"
                            .formatted(ObjectKeys.delta(generation)));
        }
    }
}
