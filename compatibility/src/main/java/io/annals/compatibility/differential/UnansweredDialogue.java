package io.annals.compatibility.differential;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/// Requests that Kafka leaves without an answer, or of which it drops a part. Slow: each waits.
final class UnansweredDialogue implements Dialogue {
    private static final String TOPIC = "unanswered";
    private static final short BY_NAME = 9;

    @Override
    public String name() {
        return TOPIC;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(ApiKeys.PRODUCE, ApiKeys.ALTER_CONFIGS, ApiKeys.ADD_PARTITIONS_TO_TXN);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        conversation.stage(TOPIC, 2);
        conversation.ask(Requests.produce(TOPIC, 0, null), BY_NAME);
        conversation.ask(new AddPartitionsToTxnRequestData());
        AlterConfigsRequestData alter = new AlterConfigsRequestData();
        for (int i = 0; i < 2; i++) {
            alter.resources()
                    .add(
                            new AlterConfigsRequestData.AlterConfigsResource()
                                    .setResourceType((byte) 2)
                                    .setResourceName(TOPIC));
        }
        conversation.ask(alter);
        ProduceRequestData twice = Requests.produce(TOPIC, 1, Batches.of(Compression.NONE, 3));
        ProduceRequestData.TopicProduceData topic = twice.topicData().iterator().next();
        topic.setPartitionData(
                List.of(topic.partitionData().getFirst(), topic.partitionData().getFirst()));
        conversation.ask(twice, BY_NAME);
    }
}
