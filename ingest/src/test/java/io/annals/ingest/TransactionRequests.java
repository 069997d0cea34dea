package io.annals.ingest;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/// A request of each API of transactions, about a transactional id that nobody has.
final class TransactionRequests {
    private static final String ID = "tx";

    private TransactionRequests() {}

    /// @return empty for the other APIs
    static Optional<ApiMessage> of(ApiKeys key, short version, String topic) {
        return Optional.ofNullable(
                switch (key) {
                    case ADD_PARTITIONS_TO_TXN -> addPartitions(version, topic);
                    case ADD_OFFSETS_TO_TXN ->
                            new AddOffsetsToTxnRequestData()
                                    .setTransactionalId(ID)
                                    .setGroupId("group");
                    case END_TXN -> new EndTxnRequestData().setTransactionalId(ID);
                    case WRITE_TXN_MARKERS -> writeMarkers(topic);
                    case DESCRIBE_PRODUCERS -> describeProducers(topic);
                    case DESCRIBE_TRANSACTIONS ->
                            new DescribeTransactionsRequestData()
                                    .setTransactionalIds(List.of(ID, ""));
                    case LIST_TRANSACTIONS ->
                            new ListTransactionsRequestData()
                                    .setStateFilters(List.of("Ongoing", "Unheard"));
                    default -> null;
                });
    }

    private static ApiMessage addPartitions(short version, String topic) {
        AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
        topics.add(new AddPartitionsToTxnTopic().setName(topic).setPartitions(List.of(0)));
        AddPartitionsToTxnRequestData data = new AddPartitionsToTxnRequestData();
        if (version < 4) {
            return data.setV3AndBelowTransactionalId(ID).setV3AndBelowTopics(topics);
        }
        data.transactions()
                .add(new AddPartitionsToTxnTransaction().setTransactionalId(ID).setTopics(topics));
        data.transactions()
                .add(
                        new AddPartitionsToTxnTransaction()
                                .setTransactionalId("other")
                                .setVerifyOnly(true)
                                .setTopics(topics.duplicate()));
        return data;
    }

    private static ApiMessage describeProducers(String topic) {
        DescribeProducersRequestData data = new DescribeProducersRequestData();
        data.topics()
                .add(
                        new DescribeProducersRequestData.TopicRequest()
                                .setName(topic)
                                .setPartitionIndexes(List.of(0, 99)));
        return data;
    }

    private static ApiMessage writeMarkers(String topic) {
        return new WriteTxnMarkersRequestData()
                .setMarkers(
                        List.of(
                                new WriteTxnMarkersRequestData.WritableTxnMarker()
                                        .setProducerId(4711)
                                        .setTopics(
                                                List.of(
                                                        new WriteTxnMarkersRequestData
                                                                        .WritableTxnMarkerTopic()
                                                                .setName(topic)
                                                                .setPartitionIndexes(
                                                                        List.of(0))))));
    }
}
