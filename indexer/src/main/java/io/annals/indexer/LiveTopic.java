package io.annals.indexer;

import io.annals.registry.RegistrySnapshot;
import io.annals.wal.FetchedBatches;
import io.annals.wal.PartitionState;
import io.annals.wal.SealedSegment;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// The hot records of one topic: a cursor per partition, and the generations that hold what the
/// cursors have passed.
///
/// Per partition `[from, to)` is searchable. `to` moves as the log is read; `from` moves, and
/// generations are dropped, as the registry archives; it never moves further than a generation of
/// the registry that is current already (IDX-5). If the archive overtakes the cursor, the cursor
/// jumps; before a segment that is [LeftToArchive] it waits for that.
///
/// [#work] and [#dispose] are called by one thread at a time; the rest by any thread.
final class LiveTopic {
    private static final int READ_BYTES = 1 << 20;

    /// While the index is behind, what it has is shown this often: each time costs as much as
    /// indexing some thousand records.
    private static final long BEHIND_REFRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Uuid id;
    private final WriteAheadLog wal;
    private final LiveIndexSettings settings;
    private final Path folder;
    private final LeftToArchive leftToArchive;

    /// Partitions with records that the cursor has not passed.
    private final Map<Integer, TopicIdPartition> dirty = new ConcurrentHashMap<>();

    /// Partitions that may have records the cursor has passed and [#published] does not show.
    private final Map<Integer, TopicIdPartition> unshown = new ConcurrentHashMap<>();

    private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
    private volatile boolean rollWanted;
    private volatile @Nullable LiveView published;
    private volatile int generationCount;

    private final Map<Integer, Cursor> cursors = new TreeMap<>();
    private final List<LiveGeneration> generations = new ArrayList<>();
    private @Nullable LiveGeneration open;
    private long generationNumber;
    private long publishedNanos;

    LiveTopic(Uuid id, WriteAheadLog wal, LiveIndexSettings settings, LeftToArchive leftToArchive) {
        this.id = id;
        this.wal = wal;
        this.settings = settings;
        this.leftToArchive = leftToArchive;
        this.folder = settings.folder().resolve(id.toString());
    }

    private static final class Cursor {
        final TopicIdPartition partition;
        long from;
        long to;

        Cursor(TopicIdPartition partition, long start) {
            this.partition = partition;
            from = start;
            to = start;
        }
    }

    private record Waiter(int partition, long endOffset, CompletableFuture<Boolean> done) {}

    /// What to do next.
    enum Next {
        /// There is more to index.
        GO_ON,

        /// What comes next is left to the archive for now.
        AWAIT_ARCHIVE,

        /// All that there was is indexed.
        REST
    }

    Uuid id() {
        return id;
    }

    /// There may be new records.
    ///
    /// @return whether that was not known yet
    boolean touch(TopicIdPartition partition) {
        return dirty.put(partition.partition(), partition) == null;
    }

    /// Begins a new generation at the next occasion, so that generations end about where WAL
    /// segments do.
    void roll() {
        rollWanted = true;
    }

    Optional<SearchableView> acquire() {
        while (true) {
            LiveView view = published;
            if (view == null) {
                return Optional.empty();
            }
            if (view.reader().tryIncRef()) {
                return Optional.of(view.lease());
            }
        }
    }

    /// Completes when everything below `endOffset` is searchable.
    CompletableFuture<Boolean> await(int partition, long endOffset, RegistrySnapshot snapshot) {
        Waiter waiter = new Waiter(partition, endOffset, new CompletableFuture<>());
        waiters.add(waiter);
        waiter.done.whenComplete((_, _) -> waiters.remove(waiter));
        if (isReached(waiter, snapshot)) {
            waiter.done.complete(true);
        }
        return waiter.done;
    }

    int generationCount() {
        return generationCount;
    }

    long documents() {
        LiveView view = published;
        return view == null ? 0 : view.reader().numDocs();
    }

    /// What is hot and not searchable now.
    LiveLag lag(RegistrySnapshot snapshot) {
        Map<Integer, TopicIdPartition> behind = new HashMap<>(unshown);
        behind.putAll(dirty);
        LiveLag sum = LiveLag.NONE;
        for (TopicIdPartition partition : behind.values()) {
            sum = sum.plus(lag(partition, snapshot));
        }
        return sum;
    }

    private LiveLag lag(TopicIdPartition partition, RegistrySnapshot snapshot) {
        Optional<PartitionState> state = wal.partition(partition);
        if (state.isEmpty()) {
            return LiveLag.NONE;
        }
        int p = partition.partition();
        LiveView view = published;
        SearchableView.OffsetRange shown = view == null ? null : view.ranges().get(p);
        long from =
                Math.max(
                        snapshot.archivedEndOffset(id, p),
                        shown == null ? state.get().localLogStartOffset() : shown.to());
        Optional<FetchedBatches> first = wal.read(partition, from, 1);
        if (first.isEmpty()) {
            return LiveLag.NONE;
        }
        try (FetchedBatches batches = first.get()) {
            return batches.batches().isEmpty()
                    ? LiveLag.NONE
                    : new LiveLag(
                            Math.max(1, state.get().highWatermark() - from),
                            batches.ingestTimeMs(0));
        }
    }

    /// Drops what is archived, indexes what is new, until there is nothing or the time is up, and
    /// publishes; if the time was up, not at every call.
    ///
    /// @param untilNanos of `System.nanoTime`
    Next work(RegistrySnapshot snapshot, long untilNanos) throws IOException {
        trim(snapshot);
        if (rollWanted) {
            rollWanted = false;
            sealOpen();
        }
        Next next = Next.REST;
        boolean mayWait = !dirty.isEmpty() && waiters.isEmpty();
        List<SealedSegment> left =
                mayWait
                        ? leftToArchive.segments(dirty.values(), p -> reached(p, snapshot))
                        : List.of();
        for (TopicIdPartition partition : List.copyOf(dirty.values())) {
            unshown.put(partition.partition(), partition);
            dirty.remove(partition.partition());
            Next ofPartition = Next.GO_ON;
            try {
                ofPartition = index(partition, snapshot, left, untilNanos);
            } finally {
                if (ofPartition != Next.REST) {
                    dirty.putIfAbsent(partition.partition(), partition);
                }
            }
            next = ofPartition.compareTo(next) < 0 ? ofPartition : next;
        }
        long now = System.nanoTime();
        if (next != Next.GO_ON
                || published == null
                || now - publishedNanos >= BEHIND_REFRESH_NANOS) {
            if (open != null) {
                open.refresh();
            }
            publish(snapshot);
            publishedNanos = now;
        }
        return next;
    }

    private long reached(TopicIdPartition partition, RegistrySnapshot snapshot) {
        Cursor cursor = cursors.get(partition.partition());
        return cursor == null ? snapshot.archivedEndOffset(id, partition.partition()) : cursor.to;
    }

    /// @param left WAL segments to stop at
    private Next index(
            TopicIdPartition partition,
            RegistrySnapshot snapshot,
            List<SealedSegment> left,
            long untilNanos)
            throws IOException {
        int p = partition.partition();
        long archivedEnd = snapshot.archivedEndOffset(id, p);
        while (System.nanoTime() < untilNanos) {
            Optional<PartitionState> state = wal.partition(partition);
            if (state.isEmpty()) {
                cursors.remove(p);
                return Next.REST;
            }
            long start = Math.max(archivedEnd, state.get().localLogStartOffset());
            Cursor cursor = cursors.computeIfAbsent(p, _ -> new Cursor(partition, start));
            if (cursor.to < start) {
                cursor.from = start;
                cursor.to = start;
            }
            if (LeftToArchive.holds(left, partition, cursor.to)) {
                return Next.AWAIT_ARCHIVE;
            }
            Optional<FetchedBatches> read = wal.read(partition, cursor.to, READ_BYTES);
            if (read.isEmpty()) {
                if (isBelowStart(partition, cursor)) {
                    continue;
                }
                return Next.REST;
            }
            try (FetchedBatches batches = read.get()) {
                if (batches.batches().isEmpty()) {
                    return Next.REST;
                }
                add(p, cursor, batches);
            }
        }
        return Next.GO_ON;
    }

    private boolean isBelowStart(TopicIdPartition partition, Cursor cursor) {
        return wal.partition(partition)
                .map(state -> cursor.to < state.localLogStartOffset())
                .orElse(false);
    }

    private void add(int partition, Cursor cursor, FetchedBatches batches) throws IOException {
        LiveGeneration target = openGeneration();
        for (int i = 0; i < batches.batches().size(); i++) {
            target.add(partition, batches.batches().get(i), batches.ingestTimeMs(i), cursor.to);
        }
        cursor.to = batches.nextOffset();
        target.reached(partition, cursor.to);
    }

    private LiveGeneration openGeneration() throws IOException {
        if (open != null && open.sizeBytes() >= settings.generationBytes()) {
            sealOpen();
        }
        if (open == null) {
            open = new LiveGeneration(folder.resolve("" + generationNumber++), settings);
            generations.add(open);
        }
        return open;
    }

    private void sealOpen() throws IOException {
        LiveGeneration last = open;
        open = null;
        if (last != null) {
            last.seal();
        }
    }

    /// Moves the ranges' beginnings to where the archive ends, and drops generations that hold
    /// nothing else any more. What is dropped stays readable in the published view.
    private void trim(RegistrySnapshot snapshot) throws IOException {
        cursors.forEach((partition, cursor) -> {
            cursor.from = Math.max(cursor.from, snapshot.archivedEndOffset(id, partition));
            cursor.to = Math.max(cursor.to, cursor.from);
        });
        Iterator<LiveGeneration> all = generations.iterator();
        while (all.hasNext()) {
            LiveGeneration generation = all.next();
            boolean archived =
                    generation.endOffsets().entrySet().stream()
                            .allMatch(end ->
                                    end.getValue() <= snapshot.archivedEndOffset(id, end.getKey()));
            if (archived) {
                all.remove();
                open = generation == open ? null : open;
                generation.drop();
            }
        }
    }

    private void publish(RegistrySnapshot snapshot) throws IOException {
        Map<Integer, SearchableView.OffsetRange> ranges = new HashMap<>();
        cursors.forEach((partition, cursor) -> {
            if (cursor.from < cursor.to) {
                ranges.put(partition, new SearchableView.OffsetRange(cursor.from, cursor.to));
            }
        });
        LiveView older = published;
        published = ranges.isEmpty() ? null : LiveView.of(generations, ranges);
        generationCount = generations.size();
        unshown.clear();
        if (older != null) {
            older.release();
        }
        for (Waiter waiter : waiters) {
            if (isReached(waiter, snapshot)) {
                waiter.done.complete(true);
            }
        }
    }

    private boolean isReached(Waiter waiter, RegistrySnapshot snapshot) {
        if (snapshot.archivedEndOffset(id, waiter.partition) >= waiter.endOffset) {
            return true;
        }
        LiveView view = published;
        SearchableView.OffsetRange range =
                view == null ? null : view.ranges().get(waiter.partition);
        return range != null && range.to() >= waiter.endOffset;
    }

    /// Gives everything up; begins anew with the next [#work], if there is one.
    void dispose() throws IOException {
        LiveView older = published;
        published = null;
        generationCount = 0;
        if (older != null) {
            older.release();
        }
        open = null;
        cursors.forEach((p, cursor) -> dirty.putIfAbsent(p, cursor.partition));
        cursors.clear();
        IOException failed = null;
        for (LiveGeneration generation : generations) {
            try {
                generation.drop();
            } catch (IOException e) {
                failed = e;
            }
        }
        generations.clear();
        if (failed != null) {
            throw failed;
        }
    }
}
