package io.annals.indexer;

import java.util.Arrays;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/// Which paths a field name stands for that is not a single path.
enum PathFilter {
    /// Every path of the record.
    ALL,
    /// Every path but key and headers.
    VALUE;

    private static final byte[] KEY = TermCode.utf8(RecordMapping.KEY);
    private static final byte[] HEADERS = TermCode.utf8(RecordMapping.HEADERS);

    boolean accepts(byte[] path) {
        return this == ALL || !(Arrays.equals(path, KEY) || startsWith(path, HEADERS));
    }

    /// The accepted paths as an automaton over characters.
    Automaton automaton(int workLimit) {
        if (this == ALL) {
            return Automata.makeAnyString();
        }
        Automaton others =
                Operations.union(
                        List.of(
                                Automata.makeString(RecordMapping.KEY),
                                Operations.concatenate(
                                        List.of(
                                                Automata.makeString(RecordMapping.HEADERS),
                                                Automata.makeAnyString()))));
        return Operations.complement(others, workLimit);
    }

    private static boolean startsWith(byte[] path, byte[] prefix) {
        return path.length >= prefix.length
                && Arrays.equals(path, 0, prefix.length, prefix, 0, prefix.length);
    }
}
