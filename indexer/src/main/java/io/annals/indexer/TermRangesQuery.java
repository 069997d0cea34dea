package io.annals.indexer;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.apache.lucene.index.FilteredTermsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.MultiTermQuery;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.util.AttributeSource;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/// The documents with a term in any of some ranges of one field. One bit set for all of them: a
/// query per range, joined, would be asked document by document which of them is next.
///
/// Immutable.
final class TermRangesQuery extends MultiTermQuery {
    private final List<Range> ranges;

    /// @param ranges ascending, without a common term
    TermRangesQuery(String field, List<Range> ranges) {
        super(field, CONSTANT_SCORE_REWRITE);
        this.ranges = List.copyOf(ranges);
    }

    /// Terms from `first` to `last`.
    record Range(BytesRef first, boolean includeFirst, BytesRef last, boolean includeLast) {
        private boolean isBefore(BytesRef term) {
            int order = last.compareTo(term);
            return order < 0 || (order == 0 && !includeLast);
        }

        private boolean isBehind(BytesRef term) {
            int order = first.compareTo(term);
            return order > 0 || (order == 0 && !includeFirst);
        }
    }

    @Override
    protected TermsEnum getTermsEnum(Terms terms, AttributeSource attributes) throws IOException {
        return new Walk(terms.iterator());
    }

    /// Over one range after the other.
    private final class Walk extends FilteredTermsEnum {
        private int at;

        Walk(TermsEnum terms) {
            super(terms);
        }

        @Override
        protected AcceptStatus accept(BytesRef term) {
            while (at < ranges.size() && ranges.get(at).isBefore(term)) {
                at++;
            }
            if (at == ranges.size()) {
                return AcceptStatus.END;
            }
            Range range = ranges.get(at);
            if (!range.isBehind(term)) {
                return AcceptStatus.YES;
            }
            return range.first.equals(term) ? AcceptStatus.NO : AcceptStatus.NO_AND_SEEK;
        }

        @Override
        protected @Nullable BytesRef nextSeekTerm(@Nullable BytesRef current) {
            return at < ranges.size() ? ranges.get(at).first : null;
        }
    }

    @Override
    public void visit(QueryVisitor visitor) {
        if (visitor.acceptField(field)) {
            visitor.visitLeaf(this);
        }
    }

    @Override
    public String toString(String defaultField) {
        return "%s in %s".formatted(field, ranges);
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && ranges.equals(((TermRangesQuery) other).ranges);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), ranges);
    }
}
