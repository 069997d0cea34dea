package io.annals.server;

import io.annals.archive.s3.S3Settings;
import io.annals.ingest.LogDirectory;
import io.annals.ingest.Topic;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.wal.WriteAheadLog;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/// A tier, as `kafka-log-dirs` shows it.
///
/// @param location an absolute path, or the address of a bucket
/// @param folder where it is on a local disk
/// @param sizes bytes of a topic's batches, by partition
record TierDirectory(String location, Optional<Path> folder, Function<Topic, long[]> sizes)
        implements LogDirectory {

    /// The hot tier, what is archived and stays in it among it.
    static TierDirectory hot(Path folder, WriteAheadLog wal) {
        return new TierDirectory(
                folder.toString(),
                Optional.of(folder),
                topic -> {
                    long[] sizes = new long[topic.partitionCount()];
                    for (int i = 0; i < sizes.length; i++) {
                        sizes[i] = wal.sizeBytes(topic.partition(i));
                    }
                    return sizes;
                });
    }

    /// The archive in a folder: the batches as they were sent, without indexes.
    static TierDirectory archive(Path folder, Registry registry) {
        return new TierDirectory(
                folder.toString(), Optional.of(folder), topic -> archived(registry, topic));
    }

    /// The archive in a bucket, likewise.
    static TierDirectory bucket(S3Settings bucket, Registry registry) {
        return new TierDirectory(
                "s3://%s/%s".formatted(bucket.bucket(), bucket.prefix()),
                Optional.empty(),
                topic -> archived(registry, topic));
    }

    private static long[] archived(Registry registry, Topic topic) {
        long[] sizes = new long[topic.partitionCount()];
        for (RecordSegment segment : registry.snapshot().segments(topic.id())) {
            for (PartitionRange range : segment.ranges()) {
                if (range.partition() < sizes.length) {
                    sizes[range.partition()] += range.sizeBytes();
                }
            }
        }
        return sizes;
    }

    @Override
    public long[] sizeBytes(Topic topic) {
        return sizes.apply(topic);
    }

    @Override
    public long totalBytes() {
        return folder.map(path -> path.toFile().getTotalSpace()).orElse(-1L);
    }

    @Override
    public long usableBytes() {
        return folder.map(path -> path.toFile().getUsableSpace()).orElse(-1L);
    }
}
