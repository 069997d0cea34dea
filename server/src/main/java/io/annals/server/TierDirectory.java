package io.annals.server;

import io.annals.ingest.LogDirectory;
import io.annals.ingest.Topic;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.wal.WriteAheadLog;
import java.nio.file.Path;
import java.util.function.Function;

/// A tier on a local disk, as `kafka-log-dirs` shows it.
///
/// @param folder absolute
/// @param sizes bytes of a topic's batches, by partition
record TierDirectory(Path folder, Function<Topic, long[]> sizes) implements LogDirectory {

    /// The hot tier.
    static TierDirectory hot(Path folder, WriteAheadLog wal) {
        return new TierDirectory(
                folder,
                topic -> {
                    long[] sizes = new long[topic.partitionCount()];
                    for (int i = 0; i < sizes.length; i++) {
                        sizes[i] = wal.sizeBytes(topic.partition(i));
                    }
                    return sizes;
                });
    }

    /// The archive: the batches as they were sent, without indexes.
    static TierDirectory archive(Path folder, Registry registry) {
        return new TierDirectory(
                folder,
                topic -> {
                    long[] sizes = new long[topic.partitionCount()];
                    for (RecordSegment segment : registry.snapshot().segments(topic.id())) {
                        for (PartitionRange range : segment.ranges()) {
                            if (range.partition() < sizes.length) {
                                sizes[range.partition()] += range.sizeBytes();
                            }
                        }
                    }
                    return sizes;
                });
    }

    @Override
    public String location() {
        return folder.toString();
    }

    @Override
    public long[] sizeBytes(Topic topic) {
        return sizes.apply(topic);
    }

    @Override
    public long totalBytes() {
        return folder.toFile().getTotalSpace();
    }

    @Override
    public long usableBytes() {
        return folder.toFile().getUsableSpace();
    }
}
