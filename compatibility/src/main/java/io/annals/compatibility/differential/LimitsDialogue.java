package io.annals.compatibility.differential;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.types.Struct;

/// Each field of an API's requests at each of its limits, one at a time.
///
/// @param everyVersion or only the newest that both serve
record LimitsDialogue(ApiKeys api, boolean everyVersion) implements Dialogue {

    @Override
    public String name() {
        return "limits of " + api;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(api, ApiKeys.CREATE_TOPICS, ApiKeys.PRODUCE, ApiKeys.METADATA);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        String topic = "limits-%d-".formatted(api.id);
        String first = conversation.stage(topic + "a", 2);
        AtomicInteger drawn = new AtomicInteger();
        FieldValues values =
                new FieldValues(
                        List.of(topic + "a"),
                        List.of(first),
                        _ -> topic + "group-" + drawn.incrementAndGet());
        for (short version : versions(conversation)) {
            LimitRequests requests = new LimitRequests(api, version, values);
            List<Struct> all = new ArrayList<>(List.of(requests.sound()));
            all.addAll(requests.atLimits());
            for (Struct request : all) {
                conversation.ask(api, version, request);
                if (SeededDialogue.CHANGE_TOPICS.contains(api)) {
                    conversation.settle();
                }
            }
            for (ByteBuffer request : requests.withNulls()) {
                conversation.ask(api, version, request, "null where there must be something");
            }
        }
    }

    private List<Short> versions(Conversation conversation) {
        List<Short> served = conversation.served().of(api);
        return everyVersion ? served : List.of(served.getLast());
    }
}
