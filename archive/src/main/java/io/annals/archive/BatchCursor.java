package io.annals.archive;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Goes over the index rows of one partition in offset order, block by block. Confined to one
/// thread.
final class BatchCursor {
    private final SeekableTar tar;
    private final BatchIndex index;
    private List<BatchIndex.Row> rows = List.of();
    private int block;
    private int next;

    private BatchCursor(SeekableTar tar, BatchIndex index, int block) {
        this.tar = tar;
        this.index = index;
        this.block = block;
    }

    /// Starts at the first batch that ends above `offset`.
    static BatchCursor from(SeekableTar tar, BatchIndex index, long offset) throws IOException {
        BatchCursor cursor = new BatchCursor(tar, index, index.blockFor(offset));
        Optional<BatchIndex.Row> row = cursor.peek();
        while (row.isPresent() && row.get().endOffset() <= offset) {
            cursor.next++;
            row = cursor.peek();
        }
        return cursor;
    }

    /// The row the cursor stands on; empty at the end.
    Optional<BatchIndex.Row> peek() throws IOException {
        while (next == rows.size()) {
            if (block == index.blockCount()) {
                return Optional.empty();
            }
            rows = index.block(tar, block);
            block++;
            next = 0;
        }
        return Optional.of(rows.get(next));
    }

    void advance() {
        next++;
    }
}
