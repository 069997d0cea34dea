package io.annals.compatibility.differential;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;

/// What settings of topics let in, and what they let nobody delete: compacted topics, small
/// batches, windows of time, the server's own time.
final class TopicSettingsDialogue implements Dialogue {
    /// Of topics whose answers tell the time of the append.
    static final String LOG_APPEND_TIME = "settings-log-append-time";

    private static final short BY_NAME = 9;
    private static final Map<String, String> NARROW =
            Map.of(
                    "message.timestamp.before.max.ms",
                    "1000",
                    "message.timestamp.after.max.ms",
                    "1000");

    @Override
    public String name() {
        return "settings of topics";
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.CREATE_TOPICS,
                ApiKeys.PRODUCE,
                ApiKeys.DELETE_RECORDS,
                ApiKeys.LIST_OFFSETS);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        with(conversation, "settings-plain", Map.of());
        with(conversation, "settings-compacted", Map.of("cleanup.policy", "compact"));
        with(conversation, "settings-both", Map.of("cleanup.policy", "compact,delete"));
        with(conversation, "settings-none", Map.of("cleanup.policy", ""));
        with(conversation, "settings-small", Map.of("max.message.bytes", "100"));
        with(conversation, "settings-narrow", NARROW);
        with(conversation, LOG_APPEND_TIME, Map.of("message.timestamp.type", "LogAppendTime"));
        for (long offset : new long[] {0, Long.MAX_VALUE}) {
            conversation.ask(deleting("__consumer_offsets", offset));
        }
    }

    private static void with(Conversation conversation, String topic, Map<String, String> settings)
            throws IOException, InterruptedException {
        conversation.stage(topic, 1, settings);
        for (MemoryRecords records :
                List.of(
                        Batches.of(Compression.NONE, 1),
                        Batches.of(Compression.NONE, 10),
                        Batches.of(Compression.gzip().build(), 10),
                        Batches.withoutKeys(3),
                        Batches.at(-1),
                        Batches.at(-2),
                        Batches.at(0),
                        Batches.at(Long.MAX_VALUE))) {
            conversation.ask(Requests.produce(topic, 0, records), BY_NAME);
        }
        for (long time : new long[] {-1, -2, 0, Batches.TIMESTAMP + 1}) {
            if (!topic.equals(LOG_APPEND_TIME) || time < 0) {
                conversation.ask(Requests.listOffsets(topic, 0, time));
            }
        }
        for (long offset : new long[] {1, -1, -2, Long.MAX_VALUE}) {
            conversation.ask(deleting(topic, offset));
        }
    }

    private static DeleteRecordsRequestData deleting(String topic, long offset) {
        DeleteRecordsRequestData data = new DeleteRecordsRequestData().setTimeoutMs(2_000);
        data.topics()
                .add(
                        new DeleteRecordsRequestData.DeleteRecordsTopic()
                                .setName(topic)
                                .setPartitions(
                                        List.of(
                                                new DeleteRecordsRequestData
                                                                .DeleteRecordsPartition()
                                                        .setOffset(offset))));
        return data;
    }
}
