package io.annals.query.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.annals.archive.CachedTars;
import io.annals.archive.ReadCounts;
import io.annals.archive.ReadPurpose;
import io.annals.registry.PartitionRange;
import io.annals.wal.SealedSegment;
import io.annals.wal.WalUsage;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;

/// How segments look as JSON, whole or in parts. Confined to one thread.
final class SegmentJson {
    private final JsonGenerator json;

    SegmentJson(JsonGenerator json) {
        this.json = json;
    }

    /// The hot tier as a whole.
    void use(SegmentListing.Local local) throws IOException {
        WalUsage usage = local.wal().usage();
        json.writeNumberField("used_bytes", usage.usedBytes());
        json.writeNumberField("max_bytes", usage.maxBytes());
        json.writeNumberField("archived_bytes", local.kept().sizeBytes());
    }

    /// @param isContinued whether ranges of it were on an earlier page
    record State(boolean isArchived, boolean isContinued) {}

    /// @param held ranges of this page
    void sealed(
            SealedSegment segment,
            List<Map.Entry<TopicIdPartition, SealedSegment.Contents>> held,
            State state)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("id", segment.id());
        json.writeBooleanField("archived", state.isArchived());
        json.writeNumberField("size_bytes", segment.sizeBytes());
        json.writeNumberField("created_at", segment.createdAtMs());
        json.writeBooleanField("continued", state.isContinued());
        json.writeArrayFieldStart("ranges");
        for (Map.Entry<TopicIdPartition, SealedSegment.Contents> range : held) {
            contents(range.getKey(), range.getValue());
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void contents(TopicIdPartition partition, SealedSegment.Contents held)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("topic", partition.topic());
        json.writeNumberField("partition", partition.partition());
        json.writeNumberField("from", held.baseOffset());
        json.writeNumberField("to", held.endOffset());
        json.writeNumberField("batches", held.batchCount());
        json.writeNumberField("size_bytes", held.sizeBytes());
        json.writeNumberField("max_timestamp", held.maxTimestampMs());
        json.writeEndObject();
    }

    /// @param entry first entry of this page: its ranges, and behind them its names
    /// @param count of entries
    void object(ListedObject listed, int entry, int count) throws IOException {
        json.writeStartObject();
        json.writeStringField("kind", listed.kind());
        json.writeStringField("id", listed.id());
        json.writeStringField("topic", listed.topic());
        json.writeStringField("key", listed.object().key());
        json.writeNumberField("size_bytes", listed.object().sizeBytes());
        json.writeStringField("sha256", listed.object().sha256());
        if (listed.documents().isPresent()) {
            json.writeNumberField("documents", listed.documents().getAsLong());
        }
        json.writeBooleanField("continued", entry > 0);
        long end = (long) entry + count;
        int ranges = listed.ranges().size();
        json.writeArrayFieldStart("ranges");
        for (PartitionRange range : slice(listed.ranges(), entry, end)) {
            range(range);
        }
        json.writeEndArray();
        json.writeArrayFieldStart(listed.madeOf());
        for (String name : slice(listed.names(), (long) entry - ranges, end - ranges)) {
            json.writeString(name);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /// What the list has of `[from, to)`.
    private static <T> List<T> slice(List<T> list, long from, long to) {
        return list.subList(Math.clamp(from, 0, list.size()), Math.clamp(to, 0, list.size()));
    }

    private void range(PartitionRange range) throws IOException {
        json.writeStartObject();
        json.writeNumberField("partition", range.partition());
        json.writeNumberField("from", range.baseOffset());
        json.writeNumberField("to", range.endOffset());
        json.writeNumberField("records", range.recordCount());
        json.writeNumberField("size_bytes", range.sizeBytes());
        json.writeNumberField("min_timestamp", range.minTimestampMs());
        json.writeNumberField("max_timestamp", range.maxTimestampMs());
        json.writeNumberField("min_ingest_time", range.minIngestTimeMs());
        json.writeNumberField("max_ingest_time", range.maxIngestTimeMs());
        json.writeEndObject();
    }

    void requests(CachedTars reads) throws IOException {
        json.writeObjectFieldStart("requests");
        for (ReadPurpose purpose : ReadPurpose.values()) {
            ReadCounts counts = reads.counts(purpose);
            json.writeObjectFieldStart(purpose.name().toLowerCase(Locale.ROOT));
            json.writeNumberField("requests", counts.requests());
            json.writeNumberField("bytes", counts.bytes());
            json.writeNumberField("hits", counts.hits());
            json.writeNumberField("misses", counts.misses());
            json.writeEndObject();
        }
        json.writeEndObject();
    }
}
