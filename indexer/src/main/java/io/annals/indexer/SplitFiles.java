package io.annals.indexer;

import java.util.Set;

/// How a Lucene index lies in an index split. Stateless.
///
/// Big files come first, as they are; then the hot region, which one read brings in when the split
/// is opened: manifest, [#HOT_CACHE], and every small file.
final class SplitFiles {
    static final String FOLDER = "index/";
    static final String HOT_CACHE = "hotcache.bin";

    /// Bytes at both ends of a big file that opening the index reads (codec header and footer).
    static final int HEAD_BYTES = 128;

    static final int FOOT_BYTES = 64;

    /// Terms, postings, doc values; and what a later mapping may add: points, norms, stored fields,
    /// vectors.
    private static final Set<String> BIG =
            Set.of("tim", "doc", "pos", "pay", "dvd", "kdd", "nvd", "fdt", "tvd", "vec", "vex");

    private SplitFiles() {}

    static boolean isBig(String file) {
        return BIG.contains(file.substring(file.lastIndexOf('.') + 1));
    }

    static String key(String topicId, String splitId) {
        return "splits/%s/%s.tar.gz".formatted(topicId, splitId);
    }
}
