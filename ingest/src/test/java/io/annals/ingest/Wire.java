package io.annals.ingest;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;

/// A client that sends single requests and sees record batches as raw bytes.
final class Wire implements Closeable {
    private static final short PRODUCE_VERSION = 9;
    private static final short FETCH_VERSION = 12;

    private final Socket socket;
    private final DataInputStream in;

    Wire(TestNode node) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), node.server.port());
        socket.setSoTimeout(20_000);
        in = new DataInputStream(socket.getInputStream());
    }

    void send(AbstractRequest request) throws IOException {
        ByteBuffer body =
                request.serializeWithHeader(
                        new RequestHeader(request.apiKey(), request.version(), "wire", 1));
        ByteBuffer frame = ByteBuffer.allocate(4 + body.remaining()).putInt(body.remaining());
        socket.getOutputStream().write(frame.put(body).array());
    }

    AbstractResponse receive(ApiKeys apiKey, short version) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        ResponseHeader.parse(buffer, apiKey.responseHeaderVersion(version));
        return AbstractResponse.parseResponse(apiKey, new ByteBufferAccessor(buffer), version);
    }

    AbstractResponse call(AbstractRequest request) throws IOException {
        send(request);
        return receive(request.apiKey(), request.version());
    }

    /// In the newest version.
    <T extends ApiMessage> T ask(ApiMessage request, Class<T> answer) throws IOException {
        return ask(request, ApiKeys.forId(request.apiKey()).latestVersion(), answer);
    }

    <T extends ApiMessage> T ask(ApiMessage request, int version, Class<T> answer)
            throws IOException {
        ApiKeys key = ApiKeys.forId(request.apiKey());
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(request.size(cache, (short) version));
        request.write(new ByteBufferAccessor(bytes), cache, (short) version);
        return answer.cast(
                call(AbstractRequest.parseRequest(
                                        key, (short) version, new ByteBufferAccessor(bytes.flip()))
                                .request)
                        .data());
    }

    boolean isClosedByServer() throws IOException {
        return in.read() < 0;
    }

    static ProduceRequest produceRequest(
            String topic, int partition, int acks, ByteBuffer records) {
        ProduceRequestData data =
                new ProduceRequestData().setAcks((short) acks).setTimeoutMs(10_000);
        data.topicData()
                .add(
                        new ProduceRequestData.TopicProduceData()
                                .setName(topic)
                                .setPartitionData(
                                        List.of(
                                                new ProduceRequestData.PartitionProduceData()
                                                        .setIndex(partition)
                                                        .setRecords(
                                                                MemoryRecords.readableRecords(
                                                                        records)))));
        return new ProduceRequest(data, PRODUCE_VERSION);
    }

    PartitionProduceResponse produce(String topic, ByteBuffer records) throws IOException {
        ProduceResponse response =
                (ProduceResponse) call(produceRequest(topic, 0, -1, records.duplicate()));
        return response.data().responses().iterator().next().partitionResponses().getFirst();
    }

    static FetchRequest fetchRequest(
            String topic, long offset, int maxWaitMs, int minBytes, int maxBytes) {
        FetchRequestData data =
                new FetchRequestData()
                        .setReplicaId(-1)
                        .setMaxWaitMs(maxWaitMs)
                        .setMinBytes(minBytes)
                        .setMaxBytes(maxBytes)
                        .setSessionEpoch(-1);
        data.topics()
                .add(
                        new FetchRequestData.FetchTopic()
                                .setTopic(topic)
                                .setTopicId(Uuid.ZERO_UUID)
                                .setPartitions(
                                        List.of(
                                                new FetchRequestData.FetchPartition()
                                                        .setPartition(0)
                                                        .setFetchOffset(offset)
                                                        .setPartitionMaxBytes(maxBytes))));
        return new FetchRequest(data, FETCH_VERSION);
    }

    PartitionData fetch(String topic, long offset, int maxBytes) throws IOException {
        FetchResponse response = (FetchResponse) call(fetchRequest(topic, offset, 0, 1, maxBytes));
        return response.data().responses().getFirst().partitions().getFirst();
    }

    static ByteBuffer bytes(PartitionData partition) {
        return ((MemoryRecords) partition.records()).buffer();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
