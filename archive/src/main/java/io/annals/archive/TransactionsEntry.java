package io.annals.archive;

import io.annals.wal.AbortedTransaction;
import io.annals.wal.OpenTransaction;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// `records/<partition>.transactions` of a record segment: which transactions were aborted in it
/// and which were open at its end. There is none if there is nothing to say. No state.
///
/// ```
///  0 "ANNALSRT" | 8 version u32 | 12 a u32 | 16 o u32 | 20 crc32c u32 of all, taken with 0 here
/// 24 a aborted: producer id i64 | first offset i64 | last offset i64, of the marker
///    o open at the end: producer id i64 | producer epoch i16 | first offset i64
/// ```
///
/// Numbers are big-endian. Aborted ones come in the order of their markers, open ones by their
/// first offset.
final class TransactionsEntry {
    static final int VERSION = 1;

    private static final String MAGIC = "ANNALSRT";
    private static final int MAGIC_BYTES = 8;
    private static final int HEADER_BYTES = 24;
    private static final int CRC_AT = 20;
    private static final int ABORTED_BYTES = 24;
    private static final int OPEN_BYTES = 18;

    /// As many as a WAL segment of the largest size has markers: a larger entry is refused.
    private static final int MAX_BYTES = 512 * 1024 * 1024;

    private TransactionsEntry() {}

    static String name(int partition) {
        return "records/%d.transactions".formatted(partition);
    }

    static byte[] encode(SegmentTransactions transactions) {
        List<AbortedTransaction> aborted = transactions.aborted();
        List<OpenTransaction> open = transactions.openAtEnd();
        ByteBuffer out =
                ByteBuffer.allocate(
                        HEADER_BYTES + aborted.size() * ABORTED_BYTES + open.size() * OPEN_BYTES);
        out.put(MAGIC.getBytes(StandardCharsets.US_ASCII)).putInt(VERSION);
        out.putInt(aborted.size()).putInt(open.size()).putInt(0);
        for (AbortedTransaction each : aborted) {
            out.putLong(each.producerId()).putLong(each.firstOffset()).putLong(each.lastOffset());
        }
        for (OpenTransaction each : open) {
            out.putLong(each.producerId()).putShort(each.producerEpoch());
            out.putLong(each.firstOffset());
        }
        out.putInt(CRC_AT, crc(out.array()));
        return out.array();
    }

    /// @throws CorruptObjectException if it is damaged
    /// @throws TooNewObjectException if a newer program wrote it
    static SegmentTransactions read(SeekableTar tar, int partition) throws IOException {
        String name = name(partition);
        if (tar.entry(name).isEmpty()) {
            return SegmentTransactions.NONE;
        }
        return decode(tar.object().key(), name, tar.readAll(name, MAX_BYTES));
    }

    /// @param key of the object and `name` of the entry, for messages
    static SegmentTransactions decode(String key, String name, byte[] bytes) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER_BYTES || !MAGIC.equals(magic(bytes))) {
            throw new CorruptObjectException(key, name, MAGIC, "other bytes");
        }
        int version = in.getInt(MAGIC_BYTES);
        if (version > VERSION) {
            throw new TooNewObjectException(key, name, version, VERSION);
        }
        int expected = in.getInt(CRC_AT);
        in.putInt(CRC_AT, 0);
        int actual = crc(bytes);
        in.putInt(CRC_AT, expected);
        if (actual != expected) {
            throw new CorruptObjectException(
                    key, name, "CRC %08x".formatted(expected), "%08x".formatted(actual));
        }
        in.position(MAGIC_BYTES + Integer.BYTES);
        int abortedCount = in.getInt();
        int openCount = in.getInt();
        long size =
                HEADER_BYTES + (long) abortedCount * ABORTED_BYTES + (long) openCount * OPEN_BYTES;
        if (abortedCount < 0 || openCount < 0 || size != bytes.length) {
            throw new CorruptObjectException(key, name, size + " bytes", bytes.length + " bytes");
        }
        AbortedTransaction[] aborted = new AbortedTransaction[abortedCount];
        OpenTransaction[] open = new OpenTransaction[openCount];
        in.position(HEADER_BYTES);
        for (int i = 0; i < aborted.length; i++) {
            aborted[i] = new AbortedTransaction(in.getLong(), in.getLong(), in.getLong());
        }
        for (int i = 0; i < open.length; i++) {
            open[i] = new OpenTransaction(in.getLong(), in.getShort(), in.getLong());
        }
        return new SegmentTransactions(List.of(aborted), List.of(open));
    }

    /// What consecutive segments of a partition tell together, oldest first.
    static SegmentTransactions join(List<SegmentTransactions> consecutive) {
        List<AbortedTransaction> aborted = new ArrayList<>();
        consecutive.forEach(each -> aborted.addAll(each.aborted()));
        return new SegmentTransactions(aborted, consecutive.getLast().openAtEnd());
    }

    private static String magic(byte[] bytes) {
        return new String(bytes, 0, MAGIC_BYTES, StandardCharsets.US_ASCII);
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
