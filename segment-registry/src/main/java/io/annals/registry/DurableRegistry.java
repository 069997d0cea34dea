package io.annals.registry;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The registry over a [RegistryStore]: every generation is a delta object, created if and only if
/// its number is free; every so many generations a checkpoint object holds the whole.
///
/// Two registries may write to the same store: the one that creates the next number wins, the other
/// reads what was won and computes its change again (REG-1). When a commit fails with an
/// `IOException` its outcome is unknown; the next commit or [#refresh] finds out.
///
/// With a [Fence] only the newest owner of the archive commits: opening writes a delta that changes
/// nothing, whose number a commit of an earlier owner would need, and a commit counts only after
/// the store was asked once more for later owners (REG-14, ADR 0026).
///
/// Topic objects are written after the delta that mentions them, so that they only ever hold
/// committed versions (ADR 0020); what a crash or a failing store left out is written at the next
/// start or commit, and before any checkpoint.
public final class DurableRegistry implements Registry {
    private static final Logger LOG = LoggerFactory.getLogger(DurableRegistry.class);

    private final RegistryStore store;
    private final InstantSource clock;
    private final RegistrySettings settings;
    private final Checkpoints checkpoints;
    private final History history;
    private final boolean readOnly;
    private final Fence fence;

    private final List<Consumer<RegistrySnapshot>> listeners = new CopyOnWriteArrayList<>();

    /// Guards everything below but `current`, which it only guards for writing.
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<Long, Generation> cached;

    private final UnwrittenTopics unwrittenTopics;

    private volatile Generation current;

    /// The generation that [#settle] made last.
    private long settled = -1;

    private DurableRegistry(
            RegistryStore store,
            InstantSource clock,
            RegistrySettings settings,
            Executor checkpoints,
            History history,
            History.Loaded loaded,
            Optional<Fence> fence) {
        this.store = store;
        this.clock = clock;
        this.settings = settings;
        this.history = history;
        this.readOnly = fence.isEmpty();
        this.fence = fence.orElse(Fence.NONE);
        this.checkpoints =
                new Checkpoints(
                        new CheckpointWriter(store, history.copies(), loaded.base().orElse(null)),
                        checkpoints,
                        settings.deltasPerCheckpoint(),
                        loaded.newestCheckpoint(clock.millis()));
        this.unwrittenTopics = new UnwrittenTopics(store);
        this.cached = new GenerationCache(settings.cachedGenerations());
        this.current = loaded.generation();
        cached.put(current.generation(), current);
    }

    /// Reads the newest generation; checkpoints are written on virtual threads.
    ///
    /// @throws CorruptRegistryException if objects are damaged or missing and the current
    ///   generation cannot be told
    public static DurableRegistry open(
            RegistryStore store, InstantSource clock, RegistrySettings settings)
            throws IOException {
        return open(store, clock, settings, Fence.NONE);
    }

    /// As the owner of the store, who alone commits from here on.
    ///
    /// @throws FencedException if there is a later owner
    public static DurableRegistry open(
            RegistryStore store, InstantSource clock, RegistrySettings settings, Fence fence)
            throws IOException {
        return open(
                store,
                clock,
                settings,
                fence,
                task -> Thread.ofVirtual().name("registry-checkpoint").start(task));
    }

    /// Reads the newest generation, and never writes: [#commit] fails, and nothing that another
    /// writer left out is made up for. [#refresh] follows the writers, also over generations whose
    /// deltas are gone.
    public static DurableRegistry openReadOnly(RegistryStore store, RegistrySettings settings)
            throws IOException {
        History history = new History(store, new LocalPages(settings.localCopy()));
        Executor never =
                _ -> {
                    throw new IllegalStateException("a reader writes no checkpoints");
                };
        return new DurableRegistry(
                store,
                InstantSource.system(),
                settings,
                never,
                history,
                history.newest(),
                Optional.empty());
    }

    /// @param checkpoints runs the writing of checkpoints, one at a time
    public static DurableRegistry open(
            RegistryStore store,
            InstantSource clock,
            RegistrySettings settings,
            Executor checkpoints)
            throws IOException {
        return open(store, clock, settings, Fence.NONE, checkpoints);
    }

    static DurableRegistry open(
            RegistryStore store,
            InstantSource clock,
            RegistrySettings settings,
            Fence fence,
            Executor checkpoints)
            throws IOException {
        History history = new History(store, new LocalPages(settings.localCopy()));
        History.Loaded loaded = history.newest();
        for (Delta delta : loaded.deltas()) {
            fence.admit(delta.epoch());
        }
        DurableRegistry registry =
                new DurableRegistry(
                        store, clock, settings, checkpoints, history, loaded, Optional.of(fence));
        registry.unwrittenTopics.writeMissing(loaded.deltas()); // nobody else has it yet
        if (fence.epoch() > 0) {
            registry.shutOutEarlierOwners();
        }
        return registry;
    }

    /// Reads the newest generation and writes nothing, for who only looks.
    ///
    /// @throws CorruptRegistryException as [#open]
    public static RegistrySnapshot newest(RegistryStore store) throws IOException {
        return new History(store, LocalPages.NONE).newest().generation();
    }

    @Override
    public RegistrySnapshot snapshot() {
        return current;
    }

    @Override
    public Optional<RegistrySnapshot> snapshot(long generation) throws IOException {
        Generation newest = current;
        if (generation == newest.generation()) {
            return Optional.of(newest);
        }
        if (generation < 0 || generation > newest.generation()) {
            return Optional.empty();
        }
        Optional<Generation> found = Optional.ofNullable(cached(generation));
        if (found.isEmpty()) {
            found = history.at(generation).map(History.Loaded::generation);
            found.ifPresent(this::cache);
        }
        return found.map(Function.identity());
    }

    @Override
    public RegistrySnapshot commit(Function<RegistrySnapshot, Optional<RegistryChange>> change)
            throws IOException {
        if (readOnly) {
            throw new ReadOnlyRegistryException();
        }
        lock.lock();
        try {
            while (true) {
                Generation base = current;
                Optional<RegistryChange> wanted = change.apply(base).filter(c -> !c.isEmpty());
                if (wanted.isEmpty()) {
                    return base;
                }
                Optional<Generation> committed = tryCommit(base, wanted.get());
                if (committed.isPresent()) {
                    return committed.get();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public RegistrySnapshot refresh() throws IOException {
        lock.lock();
        try {
            catchUp();
            if (readOnly) {
                leap();
            }
            return current;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void settle(long timeMs) throws IOException {
        Generation newest = current;
        Checkpoints.Newest before = checkpoints.newest();
        if (before.generation() < newest.generation() && before.committedAtMs() <= timeMs) {
            writeCheckpoint(newest);
        }
        if (isQuietSince(timeMs)) {
            makeNext().ifPresent(this::writeCheckpoint);
        }
    }

    /// Whether nothing was committed since then that is not in the newest checkpoint.
    private boolean isQuietSince(long timeMs) {
        Generation newest = current;
        return newest.generation() > 0
                && newest.generation() == checkpoints.newest().generation()
                && newest.committedAtMs() <= timeMs;
    }

    /// A generation that changes nothing, for a checkpoint; empty if the newest one is such a one.
    private Optional<Generation> makeNext() throws IOException {
        lock.lock();
        try {
            if (readOnly || settled == current.generation()) {
                return Optional.empty();
            }
            Optional<Generation> next = tryCommit(current, RegistryChange.NONE);
            next.ifPresent(made -> settled = made.generation());
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void writeCheckpoint(Generation generation) {
        lock.lock();
        try {
            if (readOnly || !unwrittenTopics.isEmpty()) {
                return; // topics would be forgotten with their deltas
            }
        } finally {
            lock.unlock();
        }
        checkpoints.write(generation);
    }

    @Override
    public void addListener(Consumer<RegistrySnapshot> listener) {
        listeners.add(listener);
    }

    private void shutOutEarlierOwners() throws IOException {
        lock.lock();
        try {
            while (tryCommit(current, RegistryChange.NONE).isEmpty()) {
                LOG.info("generation {} came before this owner's first", current.generation());
            }
        } finally {
            lock.unlock();
        }
    }

    /// Empty if another writer was faster: `current` is newer then.
    private Optional<Generation> tryCommit(Generation base, RegistryChange change)
            throws IOException {
        long now = Math.max(clock.millis(), base.committedAtMs());
        Generation next;
        try {
            next = base.next(change, now);
        } catch (RegistryConflictException e) {
            if (catchUp()) {
                return Optional.empty(); // it may only contradict what is outdated
            }
            throw e;
        }
        Delta delta = new Delta(next.generation(), now, settings.writerId(), fence.epoch(), change);
        if (!store.createRetrying(
                ObjectKeys.delta(next.generation()), RegistryFormat.delta(delta))) {
            if (!catchUp()) {
                throw new IOException(
                        "%s is taken, but cannot be read"
                                .formatted(ObjectKeys.delta(next.generation())));
            }
            return Optional.empty();
        }
        fence.confirm(); // numbers that a later owner has forgotten are free again
        advance(next, delta);
        return Optional.of(next);
    }

    private boolean catchUp() throws IOException {
        boolean advanced = false;
        while (true) {
            Optional<Delta> delta = history.delta(current.generation() + 1);
            if (delta.isEmpty()) {
                return advanced;
            }
            fence.admit(delta.get().epoch());
            fence.confirm(); // it may be our own, of which we could not tell
            advance(History.apply(current, delta.get()), delta.get());
            advanced = true;
        }
    }

    /// To the newest generation if its deltas do not lead there: they were forgotten meanwhile, or
    /// the registry was rebuilt.
    private void leap() throws IOException {
        long newest = history.newestNumber();
        boolean isBehind = newest > current.generation();
        boolean isOfThePast = newest < current.generation() && history.isGone(current.generation());
        if (!isBehind && !isOfThePast) {
            return;
        }
        Generation found = history.newest().generation();
        LOG.info("from generation {} to {} at once", current.generation(), found.generation());
        if (isOfThePast) {
            cached.clear(); // the same numbers mean other states now
        }
        current = found;
        cached.put(found.generation(), found);
        tellListeners(found);
    }

    private void advance(Generation next, Delta delta) {
        current = next;
        cached.put(next.generation(), next);
        if (!readOnly) {
            unwrittenTopics.write(delta.change().topics());
        }
        tellListeners(next);
        if (!readOnly && unwrittenTopics.isEmpty()) {
            checkpoints.consider(next);
        }
    }

    private void tellListeners(Generation next) {
        for (Consumer<RegistrySnapshot> listener : listeners) {
            try {
                listener.accept(next);
            } catch (RuntimeException e) {
                LOG.error("a listener failed on generation {}", next.generation(), e);
            }
        }
    }

    private @Nullable Generation cached(long generation) {
        lock.lock();
        try {
            return cached.get(generation);
        } finally {
            lock.unlock();
        }
    }

    private void cache(Generation generation) {
        lock.lock();
        try {
            cached.put(generation.generation(), generation);
        } finally {
            lock.unlock();
        }
    }
}
