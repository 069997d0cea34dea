package io.annals.query;

import io.annals.indexer.SearchableView;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.index.IndexReader;

/// A leased view that several pieces of work use; the lease ends with the last of them.
/// Thread-safe.
final class SharedView implements SearchUnit.Source, AutoCloseable {
    private final SearchableView view;

    /// The owner counts as one until it closes.
    private final AtomicInteger users = new AtomicInteger(1);

    SharedView(SearchableView view) {
        this.view = view;
    }

    Map<Integer, SearchableView.OffsetRange> ranges() {
        return view.ranges();
    }

    @Override
    public SearchableView acquire() throws IOException {
        if (users.getAndUpdate(n -> n == 0 ? 0 : n + 1) == 0) {
            throw new IOException("the search is over");
        }
        return new Use();
    }

    /// Ends the owner's use.
    @Override
    public void close() {
        if (users.decrementAndGet() == 0) {
            view.close();
        }
    }

    private final class Use implements SearchableView {
        private final AtomicBoolean closed = new AtomicBoolean();

        @Override
        public IndexReader reader() {
            return view.reader();
        }

        @Override
        public Map<Integer, OffsetRange> ranges() {
            return view.ranges();
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                SharedView.this.close();
            }
        }
    }
}
