package io.annals.compatibility.differential;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;

/// Sound and unsound batches, unknown topics, sequences in and out of order.
final class ProduceDialogue implements Dialogue {
    private static final String TOPIC = "produce";
    private static final short BY_NAME = 9;

    @Override
    public String name() {
        return TOPIC;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(ApiKeys.PRODUCE, ApiKeys.CREATE_TOPICS, ApiKeys.INIT_PRODUCER_ID);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        String id = conversation.stage(TOPIC, 24);
        MemoryRecords sound = Batches.of(Compression.NONE, 3);
        conversation.askInEveryVersion(Requests.produce(TOPIC, 0, sound));
        conversation.askInEveryVersion(Requests.produce("none", 0, sound));
        conversation.askInEveryVersion(Requests.produce(TOPIC, 99, sound));
        conversation.askInEveryVersion(Requests.produce(TOPIC, -1, sound));
        conversation.askInEveryVersion(Requests.produce(TOPIC, 0, sound).setAcks((short) 5));
        int partition = 2; // one for each, so that what one server takes moves no other offset
        for (MemoryRecords unsound : unsound(sound)) {
            conversation.ask(Requests.produce(TOPIC, partition++, unsound), BY_NAME);
        }
        for (Compression codec :
                List.of(
                        Compression.gzip().build(),
                        Compression.snappy().build(),
                        Compression.lz4().build(),
                        Compression.zstd().build())) {
            conversation.askInEveryVersion(Requests.produce(TOPIC, 1, Batches.of(codec, 3)));
        }
        byTopicId(conversation, Uuid.fromString(id), sound);
        sequences(conversation);
    }

    private static List<MemoryRecords> unsound(MemoryRecords sound) {
        return List.of(
                Batches.damaged(sound, 17, 1),
                Batches.damaged(sound, 70, 1),
                Batches.magic(sound, (byte) 0),
                Batches.magic(sound, (byte) 1),
                Batches.magic(sound, (byte) 3),
                Batches.magic(sound, (byte) -1),
                Batches.based(sound, 1),
                Batches.based(sound, -1),
                Batches.cut(sound, sound.sizeInBytes() - 1),
                Batches.cut(sound, 30),
                Batches.cut(sound, 5),
                MemoryRecords.EMPTY,
                Batches.twice(sound),
                Batches.miscounted(sound, 2),
                Batches.miscounted(sound, 4),
                Batches.miscounted(sound, -1),
                Batches.miscounted(sound, 0),
                Batches.attributes(sound, 1),
                Batches.attributes(sound, 7),
                Batches.attributes(sound, 1 << 4),
                Batches.attributes(sound, 1 << 5),
                Batches.attributes(sound, 1 << 3));
    }

    private static void byTopicId(Conversation conversation, Uuid id, MemoryRecords records)
            throws IOException {
        short newest = conversation.served().newest(ApiKeys.PRODUCE);
        for (Uuid topic : List.of(id, SeededRequests.NO_TOPIC, Uuid.ZERO_UUID)) {
            ProduceRequestData data = Requests.produce("", 0, records);
            data.topicData().iterator().next().setTopicId(topic);
            conversation.ask(data, newest);
        }
    }

    private static void sequences(Conversation conversation) throws IOException {
        var answer =
                conversation.ask(
                        new InitProducerIdRequestData()
                                .setTransactionalId(null)
                                .setTransactionTimeoutMs(1000));
        long producer = answer.path("producer_id").asLong();
        int[][] epochSequenceCount = {
            {0, 0, 3},
            {0, 0, 3},
            {0, 3, 2},
            {0, 9, 1},
            {0, 3, 1},
            {0, 0, 1},
            {1, 1, 1},
            {1, 0, 1},
            {0, 5, 1},
            {-1, 0, 1},
            {1, -1, 1}
        };
        for (int[] batch : epochSequenceCount) {
            conversation.ask(
                    Requests.produce(
                            TOPIC, 1, Batches.idempotent(producer, batch[0], batch[1], batch[2])),
                    BY_NAME);
        }
        conversation.ask(Requests.produce(TOPIC, 1, Batches.idempotent(987_654, 0, 4, 1)), BY_NAME);
    }
}
