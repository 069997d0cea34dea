package io.annals.query;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.internals.ByteUtils;

/// Where a page ended, and what all pages of one search have in common: the same request, the same
/// end of every partition, the same word statistics, the same total. Becomes [CursorText].
///
/// @param fingerprint of the request, see [SearchRequest#fingerprint]
/// @param generation of the registry that routed the first page
/// @param total exact number of hits, -1 if it is not known
/// @param last the last hit of the page
/// @param bounds per topic and partition the end of the searched log
/// @param statistics of the query's words, empty unless the order is by score
record Cursor(
        int fingerprint,
        long generation,
        long total,
        SortKey last,
        Map<Uuid, Map<Integer, Long>> bounds,
        ScoreStatistics statistics) {

    String encode() {
        return CursorText.encode(CursorText.Kind.SEARCH, this::write);
    }

    private void write(DataOutputStream out) throws IOException {
        out.writeInt(fingerprint);
        ByteUtils.writeVarlong(generation, out);
        ByteUtils.writeVarlong(total, out);
        out.writeFloat(last.score());
        out.writeLong(last.timestampMs());
        out.writeUTF(last.topic());
        ByteUtils.writeVarlong(last.partition(), out);
        ByteUtils.writeVarlong(last.offset(), out);
        writeBounds(out);
        ByteUtils.writeVarlong(statistics.documents(), out);
        Map<Long, Long> frequencies = statistics.frozenFrequencies();
        ByteUtils.writeVarlong(frequencies.size(), out);
        for (Map.Entry<Long, Long> term : frequencies.entrySet()) {
            out.writeLong(term.getKey());
            ByteUtils.writeVarlong(term.getValue(), out);
        }
    }

    private void writeBounds(DataOutputStream out) throws IOException {
        ByteUtils.writeVarlong(bounds.size(), out);
        for (Map.Entry<Uuid, Map<Integer, Long>> topic : bounds.entrySet()) {
            out.writeLong(topic.getKey().getMostSignificantBits());
            out.writeLong(topic.getKey().getLeastSignificantBits());
            ByteUtils.writeVarlong(topic.getValue().size(), out);
            for (Map.Entry<Integer, Long> end : topic.getValue().entrySet()) {
                ByteUtils.writeVarlong(end.getKey(), out);
                ByteUtils.writeVarlong(end.getValue(), out);
            }
        }
    }

    /// @throws RefusedException if it is not what [#encode] made, or belongs to another request
    static Cursor decode(String text, SearchRequest request) throws RefusedException {
        Cursor cursor = CursorText.decode(CursorText.Kind.SEARCH, text, Cursor::read);
        if (cursor.fingerprint() != request.fingerprint()) {
            throw RefusedException.invalid(
                    "cursor",
                    "the cursor belongs to another search: topics, q, from, to, as_of, generation,"
                            + " partition, order and isolation must stay the same from page to page");
        }
        return cursor;
    }

    private static Cursor read(DataInputStream in) throws IOException {
        int fingerprint = in.readInt();
        long generation = ByteUtils.readVarlong(in);
        long total = ByteUtils.readVarlong(in);
        float score = in.readFloat();
        long timestampMs = in.readLong();
        String topic = in.readUTF();
        int partition = (int) ByteUtils.readVarlong(in);
        SortKey last = new SortKey(score, timestampMs, topic, partition, ByteUtils.readVarlong(in));
        Map<Uuid, Map<Integer, Long>> bounds = readBounds(in);
        long documents = ByteUtils.readVarlong(in);
        Map<Long, Long> frequencies = new TreeMap<>();
        for (long left = ByteUtils.readVarlong(in); left > 0; left--) {
            long term = in.readLong();
            frequencies.put(term, ByteUtils.readVarlong(in));
        }
        return new Cursor(
                fingerprint,
                generation,
                total,
                last,
                bounds,
                new ScoreStatistics(documents, frequencies));
    }

    private static Map<Uuid, Map<Integer, Long>> readBounds(DataInputStream in) throws IOException {
        Map<Uuid, Map<Integer, Long>> bounds = new TreeMap<>();
        for (long left = ByteUtils.readVarlong(in); left > 0; left--) {
            Uuid topic = new Uuid(in.readLong(), in.readLong());
            Map<Integer, Long> ends = new TreeMap<>();
            for (long n = ByteUtils.readVarlong(in); n > 0; n--) {
                int partition = (int) ByteUtils.readVarlong(in);
                ends.put(partition, ByteUtils.readVarlong(in));
            }
            bounds.put(topic, ends);
        }
        return bounds;
    }
}
