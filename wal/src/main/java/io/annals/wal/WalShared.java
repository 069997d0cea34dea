package io.annals.wal;

import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;

/// What all shards of a log share.
///
/// @param partitions of all shards; concurrent
/// @param background one thread for sealing and for making segments
/// @param usedBytes of all segments
record WalShared(
        WalConfig config,
        Clock clock,
        WalFiles files,
        Map<PartitionKey, HotPartition> partitions,
        WalListeners listeners,
        ScheduledExecutorService background,
        AtomicLong usedBytes) {}
