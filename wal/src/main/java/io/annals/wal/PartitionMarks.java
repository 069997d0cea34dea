package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/// What was said about partitions and stands in no frame: log start offsets, and topics that were
/// deleted while segments still hold bytes of them. One small file, replaced as a whole.
///
/// ```
/// payload: n i32, n × { topic id 16 bytes | partition i32 | log start offset i64 }
///          | m i32, m × deleted topic id 16 bytes
/// ```
record PartitionMarks(Map<PartitionKey, Long> logStartOffsets, Set<Uuid> deletedTopics) {
    private static final CheckedFile FORMAT = new CheckedFile(0x414e4e414c534d4bL, 1);

    static PartitionMarks of(Collection<HotPartition> partitions) {
        Map<PartitionKey, Long> starts = new HashMap<>();
        Set<Uuid> deleted = new HashSet<>();
        for (HotPartition partition : partitions) {
            if (partition.deleted()) {
                deleted.add(partition.key().topicId());
            } else if (partition.logStartOffset() > 0) {
                starts.put(partition.key(), partition.logStartOffset());
            }
        }
        return new PartitionMarks(starts, deleted);
    }

    static PartitionMarks read(Path file, List<String> notes) throws IOException {
        if (!Files.exists(file)) {
            return new PartitionMarks(Map.of(), Set.of());
        }
        try {
            ByteBuffer in = FORMAT.read(file);
            Map<PartitionKey, Long> starts = new HashMap<>();
            for (int n = in.getInt(); n > 0; n--) {
                starts.put(PartitionKey.decode(in), in.getLong());
            }
            Set<Uuid> deleted = new HashSet<>();
            for (int n = in.getInt(); n > 0; n--) {
                deleted.add(new Uuid(in.getLong(), in.getLong()));
            }
            return new PartitionMarks(starts, deleted);
        } catch (CorruptWalException e) {
            notes.add(e.getMessage() + "; log start offsets are those of the segments");
            return new PartitionMarks(Map.of(), Set.of());
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
