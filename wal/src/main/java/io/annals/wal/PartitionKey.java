package io.annals.wal;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// A partition as files know it: by topic id, without the topic's name.
record PartitionKey(Uuid topicId, int partition) {

    static PartitionKey of(TopicIdPartition partition) {
        return new PartitionKey(partition.topicId(), partition.partition());
    }

    void encode(DataOutputStream out) throws IOException {
        out.writeLong(topicId.getMostSignificantBits());
        out.writeLong(topicId.getLeastSignificantBits());
        out.writeInt(partition);
    }

    static PartitionKey decode(ByteBuffer in) {
        return new PartitionKey(new Uuid(in.getLong(), in.getLong()), in.getInt());
    }
}
