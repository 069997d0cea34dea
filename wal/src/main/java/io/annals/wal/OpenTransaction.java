package io.annals.wal;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A transaction of one producer in one partition that no marker has ended.
///
/// @param producerEpoch of its newest batch
/// @param firstOffset base offset of its first batch
public record OpenTransaction(long producerId, short producerEpoch, long firstOffset) {

    void encode(DataOutputStream out) throws IOException {
        out.writeLong(producerId);
        out.writeShort(producerEpoch);
        out.writeLong(firstOffset);
    }

    static OpenTransaction decode(ByteBuffer in) {
        return new OpenTransaction(in.getLong(), in.getShort(), in.getLong());
    }
}
