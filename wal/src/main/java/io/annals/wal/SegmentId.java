package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/// Names one WAL segment forever.
///
/// @param walIdHigh time and randomness of the log directory that made it; see [WalDirectory]
/// @param number counts up within a shard, never used twice
record SegmentId(long walIdHigh, long walIdLow, int shard, long number) {
    static final int BYTES = 28;

    String fileName() {
        return "%020d.wal".formatted(number);
    }

    String indexName() {
        return "%020d.index".formatted(number);
    }

    void encode(ByteBuffer target) {
        target.putLong(walIdHigh).putLong(walIdLow).putInt(shard).putLong(number);
    }

    static SegmentId decode(ByteBuffer source) {
        return new SegmentId(source.getLong(), source.getLong(), source.getInt(), source.getLong());
    }

    /// The public form; lexicographic order is age within a shard.
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return "%d-%s%s-%020d"
                .formatted(shard, hex.toHexDigits(walIdHigh), hex.toHexDigits(walIdLow), number);
    }
}
