package io.annals.benchmarks.e2e;

import io.annals.archive.FileObjectStore;
import io.annals.archive.InMemoryObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.ObjectStore.ObjectInfo;
import io.annals.registry.DurableRegistry;
import io.annals.registry.KeptGenerations;
import io.annals.registry.ObjectKeys;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySettings;
import io.annals.registry.RegistrySnapshot;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import org.apache.kafka.common.Uuid;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The registry by itself, in this process: lookups, heap, commits, checkpoints and the start, over
/// a store in memory and one of files, at growing sizes. A segment holds records of two partitions
/// and has an index split, as the archiver commits them.
@Command(name = "registry", description = "Lookups, commits, checkpoints and start of the registry")
final class RegistryBench implements Callable<Integer> {
    private static final int GROWTH_PER_COMMIT = 250;
    private static final int SAMPLED_COMMITS = 200;
    private static final int LOOKUPS = 1_000_000;
    private static final int LOOKUP_ROUNDS = 5;

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--segments", description = "segments at the end (default: ${DEFAULT-VALUE})")
    private int segments = 1_000_000;

    @Option(
            names = "--store",
            split = ",",
            description = "memory, file or both (default: ${DEFAULT-VALUE})")
    private List<String> stores = List.of("memory", "file");

    private final Results results = new Results();

    /// What checkpoints are to be written: they run when the benchmark says so.
    private final Deque<Runnable> checkpoints = new ArrayDeque<>();

    @Override
    public Integer call() throws Exception {
        for (String name : stores) {
            measure(name);
        }
        common.publish(results);
        return 0;
    }

    private void measure(String side) throws Exception {
        RegistryLoad load = new RegistryLoad(7);
        try (ObjectStore objects = open(side)) {
            long before = Heap.used();
            DurableRegistry registry = open(objects);
            registry.commit(_ -> Optional.of(RegistryChange.ofTopic(load.topic())));
            for (int size : sizes()) {
                while (load.count() < size) {
                    int more = Math.min(GROWTH_PER_COMMIT, size - load.count());
                    commit(registry, load, more);
                    drain(objects);
                }
                drain(objects);
                commits(registry, objects, load, side, size);
                drain(objects);
                commits(registry, objects, load, side, size);
                checkpoint(objects, side, size);
            }
            lookups(registry.snapshot(), load, side);
            newest(registry.snapshot(), load, side);
            if (side.equals("file")) {
                results.add("heap bytes per segment with its split", side, heap(before, load));
            }
            restart(objects, side, registry.snapshot());
        }
    }

    private static double heap(long before, RegistryLoad load) {
        return (Heap.used() - before) / (double) load.count();
    }

    private List<Integer> sizes() {
        List<Integer> sizes = new ArrayList<>();
        for (int size : List.of(1_000, 100_000)) {
            if (size < segments) {
                sizes.add(size);
            }
        }
        sizes.add(segments);
        return sizes;
    }

    private ObjectStore open(String side) throws Exception {
        if (side.equals("memory")) {
            return new InMemoryObjectStore(Clock.systemUTC());
        }
        Path folder = common.fresh("registry");
        return new FileObjectStore(folder.resolve("archive"), folder.resolve("tmp"));
    }

    private DurableRegistry open(ObjectStore objects) throws Exception {
        RegistrySettings settings =
                new RegistrySettings("bench", RegistrySettings.defaults().deltasPerCheckpoint(), 1);
        return DurableRegistry.open(
                new ObjectRegistryStore(objects), Clock.systemUTC(), settings, checkpoints::add);
    }

    private static void commit(DurableRegistry registry, RegistryLoad load, int more)
            throws Exception {
        RegistryChange change = load.next(more);
        registry.commit(_ -> Optional.of(change));
    }

    /// Writes the checkpoint that waits, and forgets what it makes superfluous.
    private void drain(ObjectStore objects) throws Exception {
        if (!checkpoints.isEmpty()) {
            checkpoints.remove().run();
            new KeptGenerations(new ObjectRegistryStore(objects)).forgetBefore(Long.MAX_VALUE);
        }
    }

    private void commits(
            DurableRegistry registry, ObjectStore objects, RegistryLoad load, String side, int size)
            throws Exception {
        List<Double> micros = new ArrayList<>();
        long bytes = bytes(objects, ObjectKeys.DELTAS);
        long allocated = Heap.allocated();
        long cpu = Heap.cpuNanos();
        for (int i = 0; i < SAMPLED_COMMITS; i++) {
            RegistryChange change = load.next(1);
            long start = System.nanoTime();
            registry.commit(_ -> Optional.of(change));
            micros.add((System.nanoTime() - start) / 1e3);
        }
        cpu = (Heap.cpuNanos() - cpu) / SAMPLED_COMMITS;
        allocated = (Heap.allocated() - allocated) / SAMPLED_COMMITS;
        bytes = (bytes(objects, ObjectKeys.DELTAS) - bytes) / SAMPLED_COMMITS;
        String of = String.format(Locale.ROOT, ", %,d segments", size);
        results.add("commit µs, median" + of, side, Results.median(micros));
        results.add("commit µs of CPU" + of, side, cpu / 1e3);
        results.add("commit KB allocated" + of, side, allocated / 1e3);
        results.add("commit bytes written" + of, side, bytes);
    }

    /// Runs the newest checkpoint that waits.
    private void checkpoint(ObjectStore objects, String side, int size) throws Exception {
        long bytes = bytes(objects, "registry/");
        String of = String.format(Locale.ROOT, ", %,d segments", size);
        try (Heap.Peak peak = Heap.peak()) {
            long start = System.nanoTime();
            checkpoints.remove().run();
            results.add("checkpoint ms" + of, side, (System.nanoTime() - start) / 1e6);
            results.add("checkpoint peak heap MB" + of, side, peak.bytes() / 1e6);
        }
        results.add("checkpoint MB" + of, side, (bytes(objects, "registry/") - bytes) / 1e6);
    }

    /// What fetches and searches by time ask, one of random places after the other. The places are
    /// drawn before.
    private void lookups(RegistrySnapshot snapshot, RegistryLoad load, String side) {
        Random random = new Random(3);
        Uuid topic = load.topic().id();
        int[] partitions = random.ints(LOOKUPS, 0, RegistryLoad.PARTITIONS).toArray();
        long[] offsets = random.longs(LOOKUPS, 0, load.endOffset()).toArray();
        long[] times = new long[LOOKUPS];
        Arrays.setAll(times, _ -> load.timestampMs(random));
        for (int round = 0; round < LOOKUP_ROUNDS; round++) {
            lookups(
                    "lookup by offset, ns of CPU",
                    side,
                    i -> snapshot.segmentFor(topic, partitions[i], offsets[i]));
            lookups(
                    "lookup by offset, and the object's key, ns of CPU",
                    side,
                    i ->
                            snapshot.segmentFor(topic, partitions[i], offsets[i])
                                    .filter(segment -> !segment.object().key().isEmpty()));
            lookups(
                    "lookup by time, ns of CPU",
                    side,
                    i -> snapshot.segmentForTimestamp(topic, partitions[i], 0, times[i]));
        }
    }

    private void lookups(String what, String side, IntFunction<Optional<RecordSegment>> lookup) {
        int found = 0;
        long start = Heap.cpuNanos();
        for (int i = 0; i < LOOKUPS; i++) {
            found += lookup.apply(i).isPresent() ? 1 : 0;
        }
        results.add(what, side, (Heap.cpuNanos() - start) / (double) LOOKUPS);
        require(found > LOOKUPS / 2, "too little was found");
    }

    /// What a search of the newest hour asks: which splits may hold something of it. The first such
    /// question makes the summaries of all nodes.
    private void newest(RegistrySnapshot snapshot, RegistryLoad load, String side) {
        long from = load.endMs() - Duration.ofHours(1).toMillis();
        String what = "splits of the newest hour, µs of CPU";
        for (int round = 0; round <= LOOKUP_ROUNDS; round++) {
            long start = Heap.cpuNanos();
            int found =
                    snapshot.splits(load.topic().id(), extent -> extent.maxTimestampMs() >= from)
                            .size();
            results.add(
                    round == 0 ? what + ", asked first" : what,
                    side,
                    (Heap.cpuNanos() - start) / 1e3);
            require(found > 0 && found <= 121, found + " splits of an hour");
        }
    }

    private void restart(ObjectStore objects, String side, RegistrySnapshot expected)
            throws Exception {
        for (int round = 0; round < common.repetitions; round++) {
            try (Heap.Peak peak = Heap.peak()) {
                long start = System.nanoTime();
                DurableRegistry registry = open(objects);
                results.add("open s", side, (System.nanoTime() - start) / 1e9);
                results.add("open peak heap MB", side, peak.bytes() / 1e6);
                require(
                        registry.snapshot().generation() == expected.generation(),
                        "another generation was read");
            }
        }
    }

    private static long bytes(ObjectStore objects, String prefix) throws Exception {
        long[] sum = new long[1];
        objects.list(prefix, (ObjectInfo object) -> sum[0] += object.sizeBytes());
        return sum[0];
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
