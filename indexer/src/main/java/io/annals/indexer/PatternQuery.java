package io.annals.indexer;

import java.io.IOException;
import org.apache.lucene.index.FilterLeafReader.FilterTermsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.AutomatonQuery;
import org.apache.lucene.util.AttributeSource;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.automaton.Automaton;

/// The documents whose terms an automaton accepts, as long as it accepts no more than a bound.
final class PatternQuery extends AutomatonQuery {
    private final int maxExpansions;

    /// @param label what the user asked for; names the query in messages and caches
    PatternQuery(Term label, Automaton automaton, boolean binary, int maxExpansions) {
        super(label, automaton, binary);
        this.maxExpansions = maxExpansions;
    }

    @Override
    protected TermsEnum getTermsEnum(Terms terms, AttributeSource attributes) throws IOException {
        return new Bounded(super.getTermsEnum(terms, attributes));
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && ((PatternQuery) other).maxExpansions == maxExpansions;
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + maxExpansions;
    }

    private final class Bounded extends FilterTermsEnum {
        private int seen;

        Bounded(TermsEnum terms) {
            super(terms);
        }

        @Override
        public @org.jspecify.annotations.Nullable BytesRef next() throws IOException {
            BytesRef next = in.next();
            if (next != null && ++seen > maxExpansions) {
                throw new QueryTooComplexException(
                        "%s matches more than %d terms".formatted(term.text(), maxExpansions));
            }
            return next;
        }
    }
}
