package io.annals.protocol;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.ProduceRequest;

/// A handler that does what a test says.
record Scripted<R extends AbstractRequest>(
        ApiKeys apiKey,
        Class<R> requestType,
        BiFunction<R, RequestContext, CompletableFuture<Optional<ApiMessage>>> script)
        implements RequestHandler<R> {

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(R request, RequestContext context) {
        return script.apply(request, context);
    }

    static Scripted<MetadataRequest> metadata() {
        return new Scripted<>(
                ApiKeys.METADATA,
                MetadataRequest.class,
                (_, _) -> done(new MetadataResponseData().setClusterId("scripted")));
    }

    static Scripted<ProduceRequest> produce(
            BiFunction<ProduceRequest, RequestContext, CompletableFuture<Optional<ApiMessage>>>
                    script) {
        return new Scripted<>(ApiKeys.PRODUCE, ProduceRequest.class, script);
    }

    /// Answers nothing: leaves it to whoever completes what it put into `parked`.
    static Scripted<ProduceRequest> produceParkedIn(
            Collection<CompletableFuture<Optional<ApiMessage>>> parked) {
        return produce((_, _) -> {
            CompletableFuture<Optional<ApiMessage>> answer = new CompletableFuture<>();
            parked.add(answer);
            return answer;
        });
    }

    static Scripted<FetchRequest> fetch(
            BiFunction<FetchRequest, RequestContext, CompletableFuture<Optional<ApiMessage>>>
                    script) {
        return new Scripted<>(ApiKeys.FETCH, FetchRequest.class, script);
    }

    static CompletableFuture<Optional<ApiMessage>> done(ApiMessage message) {
        return CompletableFuture.completedFuture(Optional.of(message));
    }

    static CompletableFuture<Optional<ApiMessage>> produced() {
        return done(new ProduceResponseData());
    }

    static MetadataRequest metadataRequest() {
        return MetadataRequest.Builder.allTopics().build((short) 9);
    }

    /// A Produce request whose only partition holds these bytes.
    static ProduceRequest produceRequest(short acks, byte[] records) {
        ProduceRequestData data = new ProduceRequestData().setAcks(acks).setTimeoutMs(1000);
        ProduceRequestData.TopicProduceData topic =
                new ProduceRequestData.TopicProduceData().setName("t");
        topic.setPartitionData(
                List.of(
                        new ProduceRequestData.PartitionProduceData()
                                .setIndex(0)
                                .setRecords(
                                        MemoryRecords.readableRecords(
                                                java.nio.ByteBuffer.wrap(records)))));
        data.topicData().add(topic);
        return new ProduceRequest(data, (short) 9);
    }
}
