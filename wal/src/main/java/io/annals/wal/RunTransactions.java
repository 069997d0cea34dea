package io.annals.wal;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/// The transactions of one partition in one segment: those that a marker in it aborted, and, once
/// it is sealed, those that were open at its end. A partition without either has none of these.
///
/// One writer adds, any thread reads: entries become visible with [#count], which is written last.
final class RunTransactions {
    private static final int LONGS_PER_ENTRY = 3;

    /// Producer id, first offset, last offset of each; last offsets increase.
    private volatile long[] entries;

    private volatile int count;
    private volatile List<OpenTransaction> openAtEnd = List.of();

    RunTransactions() {
        this(0);
    }

    private RunTransactions(int capacity) {
        this.entries = new long[capacity * LONGS_PER_ENTRY];
    }

    /// The writer only.
    void add(AbortedTransaction aborted) {
        int n = count;
        int at = n * LONGS_PER_ENTRY;
        long[] e = entries;
        if (at == e.length) {
            e = Arrays.copyOf(e, 2 * at + LONGS_PER_ENTRY);
            entries = e;
        }
        e[at] = aborted.producerId();
        e[at + 1] = aborted.firstOffset();
        e[at + 2] = aborted.lastOffset();
        count = n + 1;
    }

    /// The segment is at its end; the writer only.
    void end(List<OpenTransaction> open) {
        openAtEnd = open;
    }

    /// Oldest first.
    List<OpenTransaction> openAtEnd() {
        return openAtEnd;
    }

    /// Passes on those that have an offset in `[fromOffset, toOffset)`.
    void forEachAborted(long fromOffset, long toOffset, Consumer<AbortedTransaction> found) {
        int n = count;
        for (int i = firstEndingAt(fromOffset, n); i < n; i++) {
            AbortedTransaction aborted = aborted(i);
            if (aborted.overlaps(fromOffset, toOffset)) {
                found.accept(aborted);
            }
        }
    }

    List<AbortedTransaction> aborted() {
        List<AbortedTransaction> all = new ArrayList<>();
        forEachAborted(0, Long.MAX_VALUE, all::add);
        return all;
    }

    private AbortedTransaction aborted(int i) {
        long[] e = entries;
        int at = i * LONGS_PER_ENTRY;
        return new AbortedTransaction(e[at], e[at + 1], e[at + 2]);
    }

    /// The first of `n` whose last offset is at least `offset`.
    private int firstEndingAt(long offset, int n) {
        long[] e = entries;
        int low = 0;
        int high = n;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (e[middle * LONGS_PER_ENTRY + 2] < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    void encode(DataOutputStream out) throws IOException {
        out.writeInt(count);
        for (int i = 0; i < count * LONGS_PER_ENTRY; i++) {
            out.writeLong(entries[i]);
        }
        out.writeInt(openAtEnd.size());
        for (OpenTransaction open : openAtEnd) {
            open.encode(out);
        }
    }

    static RunTransactions decode(ByteBuffer in) {
        int count = in.getInt();
        RunTransactions decoded = new RunTransactions(count);
        for (int i = 0; i < count * LONGS_PER_ENTRY; i++) {
            decoded.entries[i] = in.getLong();
        }
        decoded.count = count;
        OpenTransaction[] open = new OpenTransaction[in.getInt()];
        for (int i = 0; i < open.length; i++) {
            open[i] = OpenTransaction.decode(in);
        }
        decoded.openAtEnd = List.of(open);
        return decoded;
    }
}
