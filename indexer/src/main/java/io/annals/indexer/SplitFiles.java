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

    /// Columns are read whole, or this much of them at once: a page of hits needs a few values of
    /// each column, which lie all over the file, and every request costs a round trip.
    private static final long COLUMN_BYTES = 7 << 20; // 7 MiB, below what one request may bring

    /// Documents and positions of a term are read on from where they start.
    private static final long POSTINGS_BYTES = 256 << 10; // 256 KiB

    /// Longer than most blocks of the dictionary, which may lie across the end of a chunk.
    private static final long TERMS_BYTES = 4 << 10; // 4 KiB

    private SplitFiles() {}

    /// Bytes of a file.
    record Range(long from, long to) {}

    /// What is read with one request where the byte at `position` is wanted and missing.
    static Range around(String file, long position, long sizeBytes) {
        return switch (extension(file)) {
            case "dvd" -> {
                long from = position / COLUMN_BYTES * COLUMN_BYTES;
                yield new Range(from, Math.min(sizeBytes, from + COLUMN_BYTES));
            }
            case "doc", "pos", "pay" ->
                    new Range(position, Math.min(sizeBytes, position + POSTINGS_BYTES));
            case "tim" -> new Range(position, Math.min(sizeBytes, position + TERMS_BYTES));
            default -> new Range(position, position + 1);
        };
    }

    static boolean isBig(String file) {
        return BIG.contains(extension(file));
    }

    private static String extension(String file) {
        return file.substring(file.lastIndexOf('.') + 1);
    }

    static String key(String topicId, String splitId) {
        return "splits/%s/%s.tar.gz".formatted(topicId, splitId);
    }
}
