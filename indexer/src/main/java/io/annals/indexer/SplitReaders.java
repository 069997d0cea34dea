package io.annals.indexer;

import io.annals.registry.IndexSplit;
import java.io.IOException;

/// Opens index splits straight from the object store and keeps the readers (bounded). Thread-safe.
public interface SplitReaders {

    SearchableView acquire(IndexSplit split) throws IOException;
}
