package io.annals.indexer;

import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.index.TermsEnum.SeekStatus;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;
import org.jspecify.annotations.Nullable;

/// Walks through neighbouring terms of an index's dictionary. Stateless.
final class TermWalk {
    private TermWalk() {}

    /// Feeds the terms of a field that begin with `prefix`, distinct over all leaves, in order.
    ///
    /// @throws QueryTooComplexException if there are more than `max`
    static Set<BytesRef> startingWith(
            IndexSearcher searcher, String field, BytesRef prefix, int max) throws IOException {
        Set<BytesRef> found = new TreeSet<>();
        for (LeafReaderContext leaf : searcher.getLeafContexts()) {
            Terms terms = leaf.reader().terms(field);
            if (terms == null) {
                continue;
            }
            TermsEnum walk = terms.iterator();
            if (walk.seekCeil(prefix) == SeekStatus.END) {
                continue;
            }
            BytesRef term = walk.term();
            while (term != null && StringHelper.startsWith(term, prefix)) {
                if (found.add(BytesRef.deepCopyOf(term)) && found.size() > max) {
                    throw new QueryTooComplexException(
                            "'%s' matches more than %d terms".formatted(printable(prefix), max));
                }
                term = walk.next();
            }
        }
        return found;
    }

    /// The distinct paths that numbers of a type have, as term prefixes (path, 00, type).
    static Set<BytesRef> numberPaths(IndexSearcher searcher, byte type) throws IOException {
        Set<BytesRef> found = new TreeSet<>();
        for (LeafReaderContext leaf : searcher.getLeafContexts()) {
            Terms terms = leaf.reader().terms(TermCode.NUMBER);
            TermsEnum walk = terms == null ? TermsEnum.EMPTY : terms.iterator();
            BytesRef term = walk.next();
            while (term != null) {
                int path = 0;
                while (term.bytes[term.offset + path] != TermCode.PART) {
                    path++;
                }
                byte[] prefix = Arrays.copyOfRange(term.bytes, term.offset, term.offset + path + 2);
                if (prefix[path + 1] == type) {
                    found.add(new BytesRef(prefix));
                }
                byte[] after = prefix.clone();
                after[path + 1]++;
                term = walk.seekCeil(new BytesRef(after)) == SeekStatus.END ? null : walk.term();
            }
        }
        return found;
    }

    /// The path behind the separator of a value-first term, null if there is no separator.
    static byte @Nullable [] pathOf(BytesRef term) {
        for (int i = term.length - 1; i >= 0; i--) {
            byte b = term.bytes[term.offset + i];
            if (b == TermCode.PART || b == TermCode.WHOLE) {
                return Arrays.copyOfRange(
                        term.bytes, term.offset + i + 1, term.offset + term.length);
            }
        }
        return null;
    }

    /// A prefix for messages: what stands before the separator.
    static String printable(BytesRef prefix) {
        int n = prefix.length;
        while (n > 0
                && prefix.bytes[prefix.offset + n - 1] >= 0
                && prefix.bytes[prefix.offset + n - 1] <= TermCode.WHOLE) {
            n--;
        }
        return new BytesRef(prefix.bytes, prefix.offset, n).utf8ToString();
    }
}
