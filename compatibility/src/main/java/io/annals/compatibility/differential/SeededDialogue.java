package io.annals.compatibility.differential;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;

/// Random requests of one API, the same for the same seed, in every version that both serve.
///
/// @param perVersion requests of each version
record SeededDialogue(ApiKeys api, long seed, int perVersion) implements Dialogue {
    /// After these the metadata may lag behind for a moment.
    static final Set<ApiKeys> CHANGE_TOPICS =
            EnumSet.of(
                    ApiKeys.CREATE_TOPICS,
                    ApiKeys.DELETE_TOPICS,
                    ApiKeys.CREATE_PARTITIONS,
                    ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                    ApiKeys.ALTER_CONFIGS,
                    ApiKeys.METADATA);

    @Override
    public String name() {
        return "seed %d %s".formatted(seed, api);
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(api, ApiKeys.CREATE_TOPICS, ApiKeys.PRODUCE, ApiKeys.METADATA);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        String topic = "s%d-%d-".formatted(seed, api.id);
        String first = conversation.stage(topic + "a", 3);
        String second = conversation.stage(topic + "b", 3);
        FieldValues values =
                new FieldValues(
                        List.of(topic + "a", topic + "b"),
                        List.of(first, second),
                        drawn -> topic + drawn);
        Random random = new Random(seed * 1_000 + api.id);
        SeededRequests requests = new SeededRequests(random, values);
        for (short version : conversation.served().of(api)) {
            for (int i = 0; i < perVersion; i++) {
                conversation.ask(api, version, requests.next(api, version));
                if (CHANGE_TOPICS.contains(api)) {
                    conversation.settle();
                }
            }
        }
    }
}
