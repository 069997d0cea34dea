package io.annals.query.http;

import io.annals.query.LogRecord;
import io.annals.query.PartitionBounds;
import io.annals.query.RecordPage;
import io.annals.query.RecordQuery;
import io.annals.query.RefusedException;
import io.annals.query.RefusedException.Reason;
import io.annals.query.TieredLog;
import io.annals.registry.Registry;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicIdPartition;

/// `GET /v1/topics/{topic}/partitions/{partition}/records`. Thread-safe.
final class RecordsEndpoint implements Endpoint {
    static final String ROUTE = "/v1/topics/{topic}/partitions/{partition}/records";

    private static final Set<String> PARAMETERS = Set.of("offset", "max", "as_of", "isolation");
    private static final int DEFAULT_RECORDS = 100;
    private static final int MAX_RECORDS = 1_000;

    /// The answer ends with the record that reaches this many bytes.
    private static final int MAX_BYTES = 16 << 20; // 16 MiB

    private final Registry registry;
    private final TieredLog log;

    RecordsEndpoint(Registry registry, TieredLog log) {
        this.registry = registry;
        this.log = log;
    }

    @Override
    public Answer answer(Call call) throws Exception {
        call.allow(PARAMETERS);
        TopicIdPartition partition = partition(call);
        PartitionBounds bounds =
                log.bounds(partition).orElseThrow(() -> Refusals.unknownTopic(partition.topic()));
        OptionalLong offset = call.number("offset", 0, Long.MAX_VALUE);
        int max = call.small("max", 1, MAX_RECORDS).orElse(DEFAULT_RECORDS);
        RecordQuery query =
                new RecordQuery(
                        offset.orElse(bounds.logStartOffset()),
                        max,
                        MAX_BYTES,
                        call.time("as_of"),
                        SearchEndpoint.isolation(call));
        RecordPage page = log.records(partition, query);
        return Answer.json(
                Json.bytes(json -> {
                    json.writeStartObject();
                    Json.writePlace(json, partition.topic(), partition.partition());
                    json.writeArrayFieldStart("records");
                    for (LogRecord record : page.records()) {
                        json.writeStartObject();
                        Json.writePlace(json, partition.topic(), partition.partition());
                        Json.writeRecordFields(json, record);
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeNumberField("next_offset", page.nextOffset());
                    json.writeBooleanField("end", page.complete());
                    json.writeNumberField("log_start_offset", bounds.logStartOffset());
                    json.writeNumberField("high_watermark", bounds.highWatermark());
                    json.writeNumberField("last_stable_offset", bounds.lastStableOffset());
                    json.writeEndObject();
                }));
    }

    private TopicIdPartition partition(Call call) throws RefusedException, IOException {
        String name = call.part("topic");
        TopicMetadata topic =
                registry.snapshot().topic(name).orElseThrow(() -> Refusals.unknownTopic(name));
        long partition = Call.parse("partition", call.part("partition"), 0, Integer.MAX_VALUE);
        if (partition >= topic.partitionCount()) {
            throw new RefusedException(
                    Reason.UNKNOWN_PARTITION,
                    "partition",
                    "topic '%s' has partitions 0 to %d"
                            .formatted(name, topic.partitionCount() - 1));
        }
        return new TopicIdPartition(topic.id(), (int) partition, name);
    }
}
