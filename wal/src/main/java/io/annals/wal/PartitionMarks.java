package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// What was said about partitions and stands in no frame: log start offsets, and which topics were
/// deleted though segments or checkpoints may still speak of them. One small file, replaced as a
/// whole. Immutable.
///
/// ```
/// payload: n i32, n × { topic id 16 bytes | partition i32 | log start offset i64 }
///          | m i32, m × deleted topic id 16 bytes
/// ```
///
/// @param deletedTopics the last [#MAX_DELETED_TOPICS], oldest first
record PartitionMarks(Map<PartitionKey, Long> logStartOffsets, Set<Uuid> deletedTopics) {
    /// By the time that so many more were deleted, the hot tier has long let go of the first.
    static final int MAX_DELETED_TOPICS = 10_000;

    private static final CheckedFile FORMAT = new CheckedFile(0x414e4e414c534d4bL, 1);

    static PartitionMarks none() {
        return new PartitionMarks(Map.of(), Set.of());
    }

    /// These marks with what the partitions say now, and one more deleted topic (or null).
    PartitionMarks updated(Collection<HotPartition> partitions, @Nullable Uuid deletedTopic) {
        Map<PartitionKey, Long> starts = new HashMap<>();
        for (HotPartition partition : partitions) {
            if (!partition.deleted() && partition.logStartOffset() > 0) {
                starts.put(partition.key(), partition.logStartOffset());
            }
        }
        Set<Uuid> deleted = new LinkedHashSet<>(deletedTopics);
        if (deletedTopic != null) {
            deleted.add(deletedTopic);
        }
        Iterator<Uuid> oldest = deleted.iterator();
        while (deleted.size() > MAX_DELETED_TOPICS) {
            oldest.next();
            oldest.remove();
        }
        return new PartitionMarks(starts, deleted);
    }

    static PartitionMarks read(Path file, List<String> notes) throws IOException {
        if (!Files.exists(file)) {
            return none();
        }
        try {
            ByteBuffer in = FORMAT.read(file);
            Map<PartitionKey, Long> starts = new HashMap<>();
            for (int n = in.getInt(); n > 0; n--) {
                starts.put(PartitionKey.decode(in), in.getLong());
            }
            Set<Uuid> deleted = new LinkedHashSet<>();
            for (int n = in.getInt(); n > 0; n--) {
                deleted.add(new Uuid(in.getLong(), in.getLong()));
            }
            return new PartitionMarks(starts, deleted);
        } catch (CorruptWalException e) {
            notes.add(e.getMessage() + "; log start offsets are those of the segments");
            return none();
        }
    }

    void write(WalFiles files, Path file) throws IOException {
        FORMAT.write(
                files,
                file,
                out -> {
                    out.writeInt(logStartOffsets.size());
                    for (Map.Entry<PartitionKey, Long> start : logStartOffsets.entrySet()) {
                        start.getKey().encode(out);
                        out.writeLong(start.getValue());
                    }
                    out.writeInt(deletedTopics.size());
                    for (Uuid topic : deletedTopics) {
                        out.writeLong(topic.getMostSignificantBits());
                        out.writeLong(topic.getLeastSignificantBits());
                    }
                });
    }
}
