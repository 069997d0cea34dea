package io.annals.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKey;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.EndTxnRequest;
import org.junit.jupiter.api.Test;

class ServedFeatureTest {

    private static ApiVersionsResponseData told(
            List<? extends RequestHandler<?>> handlers, int version) throws Exception {
        try (KafkaServer server =
                        KafkaServer.start(
                                KafkaServerConfig.loopback(), handlers, FrontDoorListener.NONE);
                RawClient client = new RawClient(server)) {
            return ((ApiVersionsResponse)
                            client.call(new ApiVersionsRequest.Builder().build((short) version))
                                    .body())
                    .data();
        }
    }

    private static Scripted<EndTxnRequest> transactions() {
        return new Scripted<>(
                ApiKeys.END_TXN,
                EndTxnRequest.class,
                (_, _) -> CompletableFuture.completedFuture(Optional.empty()));
    }

    @Test
    void featuresAreToldWhenSomethingServesThem() throws Exception {
        ApiVersionsResponseData response = told(List.of(transactions()), 4);

        assertThat(response.finalizedFeaturesEpoch()).isZero();
        assertThat(response.finalizedFeatures())
                .containsExactly(
                        new FinalizedFeatureKey()
                                .setName("transaction.version")
                                .setMinVersionLevel((short) 2)
                                .setMaxVersionLevel((short) 2));
        assertThat(response.supportedFeatures())
                .containsExactly(
                        new SupportedFeatureKey()
                                .setName("transaction.version")
                                .setMinVersion((short) 0)
                                .setMaxVersion((short) 2));
    }

    @Test
    void clientsThatDoNotKnowLevelZeroHearOfFinalizedLevelsOnly() throws Exception {
        ApiVersionsResponseData response = told(List.of(transactions()), 3);

        assertThat(response.finalizedFeatures()).hasSize(1);
        assertThat(response.supportedFeatures()).isEmpty();
    }

    @Test
    void whatNobodyServesIsNotTold() throws Exception {
        assertThat(told(List.of(Scripted.metadata()), 4).finalizedFeatures()).isEmpty();
    }
}
