package io.annals.wal;

import java.nio.ByteBuffer;
import org.apache.kafka.common.TopicIdPartition;

/// Whole record batches (magic 2, validated by the caller: size, CRC, codec) to append to one
/// partition.
///
/// @param batches position to limit are back-to-back batches; best a direct buffer, so that no byte
///   is copied on its way to the file. Owned by the log until the append completes.
/// @param fsyncMode when the append counts as done
/// @param logAppendTime set the timestamps of each batch to the ingest time (`LogAppendTime`
///   topics)
public record AppendRequest(
        TopicIdPartition partition,
        ByteBuffer batches,
        FsyncMode fsyncMode,
        boolean logAppendTime) {}
