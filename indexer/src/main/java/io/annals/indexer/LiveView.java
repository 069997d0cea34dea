package io.annals.indexer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.MultiReader;

/// One searchable state of a topic's hot records, shared by all who search it. Immutable;
/// reference-counted through its reader.
record LiveView(MultiReader reader, Map<Integer, SearchableView.OffsetRange> ranges) {

    static LiveView of(
            List<LiveGeneration> generations, Map<Integer, SearchableView.OffsetRange> ranges)
            throws IOException {
        IndexReader[] readers =
                generations.stream().map(LiveGeneration::reader).toArray(IndexReader[]::new);
        return new LiveView(new MultiReader(readers, false), Map.copyOf(ranges));
    }

    void release() {
        try {
            reader.decRef();
        } catch (IOException e) {
            throw new UncheckedIOException("a live view could not be closed", e);
        }
    }

    SearchableView lease() {
        return new Lease(this);
    }

    /// Close it once.
    private record Lease(LiveView view) implements SearchableView {
        @Override
        public IndexReader reader() {
            return view.reader;
        }

        @Override
        public Map<Integer, OffsetRange> ranges() {
            return view.ranges;
        }

        @Override
        public void close() {
            view.release();
        }
    }
}
