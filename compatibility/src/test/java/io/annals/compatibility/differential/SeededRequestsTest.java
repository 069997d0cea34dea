package io.annals.compatibility.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.requests.AbstractRequest;
import org.junit.jupiter.api.Test;

class SeededRequestsTest {
    private static final FieldValues VALUES =
            new FieldValues(
                    List.of("t", "u"),
                    List.of(new Uuid(1, 2).toString()),
                    drawn -> "group" + drawn);

    private static List<ByteBuffer> requests(long seed, ApiKeys api) {
        SeededRequests requests = new SeededRequests(new Random(seed), VALUES);
        List<ByteBuffer> bodies = new ArrayList<>();
        for (short version : api.allVersions()) {
            Struct message = requests.next(api, version);
            ByteBuffer body = ByteBuffer.allocate(message.sizeOf());
            message.writeTo(body);
            bodies.add(body.flip());
        }
        return bodies;
    }

    @Test
    void the_same_seed_draws_the_same_bytes_of_every_api_and_version() {
        for (ApiKeys api : ApiKeys.clientApis()) {
            assertThat(requests(7, api)).describedAs("%s", api).isEqualTo(requests(7, api));
        }
    }

    @Test
    void a_drawn_request_parses() {
        for (ApiKeys api : List.of(ApiKeys.FETCH, ApiKeys.METADATA, ApiKeys.JOIN_GROUP)) {
            List<ByteBuffer> bodies = requests(3, api);
            for (int i = 0; i < bodies.size(); i++) {
                short version = api.allVersions().get(i);
                AbstractRequest parsed =
                        AbstractRequest.parseRequest(
                                        api, version, new ByteBufferAccessor(bodies.get(i)))
                                .request;
                assertThat(parsed.apiKey()).isEqualTo(api);
                assertThat(bodies.get(i).hasRemaining()).isFalse();
            }
        }
    }
}
