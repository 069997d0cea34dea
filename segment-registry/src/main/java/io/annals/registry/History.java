package io.annals.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads generations from their objects: a checkpoint, and the deltas after it. Thread-safe, keeps
/// nothing.
final class History {
    private static final Logger LOG = LoggerFactory.getLogger(History.class);

    private final RegistryStore store;

    History(RegistryStore store) {
        this.store = store;
    }

    /// The newest generation, with what was read to get there.
    ///
    /// @throws CorruptRegistryException if there is none without a hole
    Loaded newest() throws IOException {
        NavigableSet<Long> checkpoints = numbers(ObjectKeys.CHECKPOINTS);
        NavigableSet<Long> deltas = numbers(ObjectKeys.DELTAS);
        if (checkpoints.isEmpty() && deltas.isEmpty()) {
            requireUnused();
            return new Loaded(Generation.EMPTY, 0, List.of());
        }
        long newest =
                Math.max(
                        checkpoints.isEmpty() ? 0 : checkpoints.last(),
                        deltas.isEmpty() ? 0 : deltas.last());
        return load(newest, checkpoints);
    }

    /// The given generation; empty if not all of its objects are there any more.
    Optional<Generation> at(long generation) throws IOException {
        try {
            return Optional.of(load(generation, numbers(ObjectKeys.CHECKPOINTS)).generation);
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

    NavigableSet<Long> numbers(String prefix) throws IOException {
        NavigableSet<Long> numbers = new TreeSet<>();
        for (String name : store.list(prefix)) {
            ObjectKeys.number(name).ifPresent(numbers::add);
        }
        return numbers;
    }

    private Loaded load(long generation, NavigableSet<Long> checkpoints) throws IOException {
        Generation state = Generation.EMPTY;
        for (long number : checkpoints.headSet(generation, true).descendingSet()) {
            Optional<Generation> read = readCheckpoint(number);
            if (read.isPresent()) {
                state = read.get();
                break;
            }
        }
        long checkpoint = state.generation();
        List<Delta> deltas = new ArrayList<>();
        while (state.generation() < generation) {
            long next = state.generation() + 1;
            Delta delta = delta(next).orElseThrow(() -> new MissingDeltaException(next));
            state = apply(state, delta);
            deltas.add(delta);
        }
        return new Loaded(state, checkpoint, deltas);
    }

    /// Empty if it is damaged or gone: an older one and more deltas do as well.
    private Optional<Generation> readCheckpoint(long number) throws IOException {
        String name = ObjectKeys.checkpoint(number);
        try {
            Optional<Checkpoint> checkpoint =
                    store.read(name).map(bytes -> RegistryFormat.checkpoint(name, bytes));
            if (checkpoint.isPresent() && checkpoint.get().generation() != number) {
                throw new CorruptRegistryException(
                        name, "generation " + number, "" + checkpoint.get().generation());
            }
            return checkpoint.map(Generation::of);
        } catch (CorruptRegistryException e) {
            LOG.warn("skipping a damaged checkpoint: {}", e.toString());
            return Optional.empty();
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
    /// @param deltas those applied after it
    record Loaded(Generation generation, long checkpoint, List<Delta> deltas) {}

    private static final class MissingDeltaException extends IOException {
        private static final long serialVersionUID = 1;

        MissingDeltaException(long generation) {
            super(
                    "%s is missing: run annals registry rebuild"
                            .formatted(ObjectKeys.delta(generation)));
        }
    }
}
