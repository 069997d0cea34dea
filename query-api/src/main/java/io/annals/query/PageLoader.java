package io.annals.query;

import io.annals.query.FanOut.Outcome;
import io.annals.query.Found.Hit;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// Loads the records of a page from the log, in parallel. Thread-safe.
final class PageLoader {
    /// Hits closer than this are read one after the other, since they may share a batch.
    private static final int NEARBY_OFFSETS = 256;

    private static final int MAX_RUN = 32;

    /// What was found within the deadline is still read for this long.
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final TieredLog log;
    private final FanOut fanOut;

    PageLoader(TieredLog log, FanOut fanOut) {
        this.log = log;
        this.fanOut = fanOut;
    }

    /// Offsets of one partition that are read by one thread.
    private record Run(TopicIdPartition partition, TreeSet<Long> offsets) {}

    /// The record of each hit, and why those are missing that could not be read.
    record Loaded(Map<SortKey, LogRecord> records, List<Coverage.Hole> holes) {}

    Loaded load(List<Hit> hits, Map<String, Uuid> topics, Deadline deadline) {
        List<Run> runs = runs(hits, topics);
        List<Outcome<List<LogRecord>>> outcomes =
                fanOut.run(runs, this::read, deadline.orAtLeast(GRACE));
        Map<TopicIdPartition, Map<Long, LogRecord>> found = new HashMap<>();
        List<Coverage.Hole> holes = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            Run run = runs.get(i);
            Map<Long, LogRecord> records =
                    found.computeIfAbsent(run.partition(), _ -> new HashMap<>());
            String reason =
                    switch (outcomes.get(i)) {
                        case Outcome.Done<List<LogRecord>> done -> {
                            done.result().forEach(record -> records.put(record.offset(), record));
                            yield "the index knows a record that the log does not hold";
                        }
                        case Outcome.Failed<List<LogRecord>> failed ->
                                "unreadable: " + failed.cause();
                        case Outcome.TimedOut<List<LogRecord>> _ -> "not read in time";
                    };
            for (long offset : run.offsets()) {
                if (!records.containsKey(offset)) {
                    holes.add(
                            new Coverage.Hole(
                                    run.partition().topic(),
                                    run.partition().partition(),
                                    offset,
                                    offset + 1,
                                    reason));
                }
            }
        }
        Map<SortKey, LogRecord> byKey = new HashMap<>();
        for (Hit hit : hits) {
            LogRecord record =
                    found.getOrDefault(partition(hit, topics), Map.of()).get(hit.key().offset());
            if (record != null) {
                byKey.put(hit.key(), record);
            }
        }
        return new Loaded(byKey, holes);
    }

    private static List<Run> runs(List<Hit> hits, Map<String, Uuid> topics) {
        List<Hit> sorted =
                hits.stream()
                        .sorted(
                                Comparator.comparing((Hit hit) -> hit.key().topic())
                                        .thenComparingInt(hit -> hit.key().partition())
                                        .thenComparingLong(hit -> hit.key().offset()))
                        .toList();
        List<Run> runs = new ArrayList<>();
        for (Hit hit : sorted) {
            TopicIdPartition partition = partition(hit, topics);
            Run last = runs.isEmpty() ? null : runs.getLast();
            boolean joins =
                    last != null
                            && last.partition().equals(partition)
                            && last.offsets().size() < MAX_RUN
                            && hit.key().offset() - last.offsets().last() <= NEARBY_OFFSETS;
            if (last == null || !joins) {
                last = new Run(partition, new TreeSet<>());
                runs.add(last);
            }
            last.offsets().add(hit.key().offset());
        }
        return runs;
    }

    private static TopicIdPartition partition(Hit hit, Map<String, Uuid> topics) {
        String topic = hit.key().topic();
        return new TopicIdPartition(topics.get(topic), hit.key().partition(), topic);
    }

    /// Records deleted since the search found them are left out.
    private List<LogRecord> read(Run run) throws IOException {
        try {
            return log.records(run.partition(), run.offsets());
        } catch (OffsetOutOfRangeException _) {
            List<LogRecord> records = new ArrayList<>();
            for (long offset : run.offsets()) {
                log.record(run.partition(), offset).ifPresent(records::add);
            }
            return records;
        }
    }
}
