package io.annals.ingest.transaction;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/// Transactions that are open in partitions after a restart, compared with the states that were
/// loaded. What both agree on is in neither list.
///
/// @param lost by transactional id's state, partitions whose record did not get to the disk, while
///   their batches did
/// @param orphans that no transaction will ever end
record OpenTransactions(
        Map<TransactionMetadata, Set<TopicPartition>> lost, List<TransactionMarkers.Open> orphans) {

    static OpenTransactions sort(
            List<TransactionMarkers.Open> open, Collection<TransactionMetadata> states) {
        Map<Long, TransactionMetadata> byProducerId = new HashMap<>();
        states.forEach(state -> byProducerId.put(state.producerId(), state));
        OpenTransactions sorted = new OpenTransactions(new HashMap<>(), new ArrayList<>());
        for (TransactionMarkers.Open one : open) {
            sorted.add(one, byProducerId.get(one.producerId()));
        }
        return sorted;
    }

    private void add(TransactionMarkers.Open open, @Nullable TransactionMetadata state) {
        if (state == null) {
            orphans.add(open);
        } else if (!state.partitions().contains(open.partition())) {
            if (state.producerEpoch() == open.producerEpoch() && !state.isEnding()) {
                lost.computeIfAbsent(state, _ -> new HashSet<>()).add(open.partition());
            } else {
                orphans.add(open);
            }
        }
    }
}
