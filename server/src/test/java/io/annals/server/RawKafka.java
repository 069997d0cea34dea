package io.annals.server;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;

/// Kafka requests with chosen record bytes over one plain socket: for looking at batches that the
/// stock clients would make and take apart. Confined to one thread.
final class RawKafka implements AutoCloseable {
    private static final short FETCH_VERSION = 13;
    private static final short PRODUCE_VERSION = 9;

    private final Socket socket;
    private int correlationId;

    RawKafka(AnnalsProcess server) throws IOException {
        this.socket = new Socket(InetAddress.getLoopbackAddress(), server.kafkaPort());
    }

    /// @return base offset
    long produce(String topic, int partition, ByteBuffer batches) throws IOException {
        ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
        ProduceRequestData.TopicProduceData topicData =
                new ProduceRequestData.TopicProduceData().setName(topic);
        topicData
                .partitionData()
                .add(
                        new ProduceRequestData.PartitionProduceData()
                                .setIndex(partition)
                                .setRecords(MemoryRecords.readableRecords(batches.duplicate())));
        data.topicData().add(topicData);
        ProduceResponse response =
                (ProduceResponse) exchange(new ProduceRequest(data, PRODUCE_VERSION));
        var answer = response.data().responses().iterator().next().partitionResponses().getFirst();
        Errors.forCode(answer.errorCode()).maybeThrow();
        return answer.baseOffset();
    }

    /// The bytes of the record batches from `offset` on, as they came over the wire.
    ByteBuffer fetch(TopicIdPartition partition, long offset) throws IOException {
        FetchRequestData.FetchTopic topic =
                new FetchRequestData.FetchTopic()
                        .setTopicId(partition.topicId())
                        .setPartitions(
                                List.of(
                                        new FetchRequestData.FetchPartition()
                                                .setPartition(partition.partition())
                                                .setFetchOffset(offset)
                                                .setPartitionMaxBytes(64 << 20)));
        FetchRequestData data =
                new FetchRequestData()
                        .setReplicaId(-1)
                        .setMaxWaitMs(1_000)
                        .setMinBytes(1)
                        .setMaxBytes(64 << 20)
                        .setSessionEpoch(-1)
                        .setTopics(List.of(topic));
        FetchResponse response = (FetchResponse) exchange(new FetchRequest(data, FETCH_VERSION));
        var answer = response.data().responses().getFirst().partitions().getFirst();
        Errors.forCode(answer.errorCode()).maybeThrow();
        return ((MemoryRecords) FetchResponse.recordsOrFail(answer)).buffer().duplicate();
    }

    /// The batches' bytes with base offset and leader epoch blanked: what must be as it was sent.
    static String comparable(ByteBuffer batches) {
        byte[] bytes = new byte[batches.remaining()];
        batches.duplicate().get(bytes);
        ByteBuffer copy = ByteBuffer.wrap(bytes);
        for (int at = 0; at < bytes.length; at += 12 + copy.getInt(at + 8)) {
            copy.putLong(at, 0).putInt(at + 12, -1);
        }
        return HexFormat.of().formatHex(bytes);
    }

    private AbstractResponse exchange(AbstractRequest request) throws IOException {
        RequestHeader header =
                new RequestHeader(request.apiKey(), request.version(), "raw", correlationId++);
        ByteBuffer bytes = request.serializeWithHeader(header);
        ByteBuffer frame = ByteBuffer.allocate(4 + bytes.remaining());
        frame.putInt(bytes.remaining()).put(bytes);
        socket.getOutputStream().write(frame.array());
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] answer = in.readNBytes(in.readInt());
        return AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
