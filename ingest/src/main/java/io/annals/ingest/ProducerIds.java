package io.annals.ingest;

import io.annals.wal.ProducerIdBlock;
import io.annals.wal.WriteAheadLog;

/// Hands out producer ids, each once, out of blocks that the log makes durable. Thread-safe; now
/// and then a call blocks for a new block.
final class ProducerIds {
    private final WriteAheadLog wal;
    private ProducerIdBlock block = new ProducerIdBlock(0, 0);
    private long next;

    ProducerIds(WriteAheadLog wal) {
        this.wal = wal;
    }

    synchronized long take() {
        if (next >= block.end()) {
            block = wal.nextProducerIdBlock();
            next = block.first();
        }
        return next++;
    }
}
