package io.annals.query.http;

import io.annals.query.CursorText;
import io.annals.query.RefusedException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/// Where the next page of a listing begins, and what all its pages have in common. Becomes
/// [CursorText].
///
/// @param generation of the registry that all pages show
/// @param topic whose segments are listed; empty: of all topics
record SegmentCursor(long generation, String topic, Place place) {
    private static final byte HOT = 0;
    private static final byte WARM = 1;

    /// A place in the order of [SegmentListing].
    sealed interface Place {
        /// Before all segments.
        Place START = new Hot("", "", 0);

        /// At the first range of this WAL segment that is not before this partition, or at the next
        /// segment if it is gone.
        ///
        /// @param topic empty at the segment's beginning
        record Hot(String segment, String topic, int partition) implements Place {}

        /// In the archive.
        ///
        /// @param topic that place's topic; empty at the beginning
        /// @param index of the topic's record segments, and behind them its splits
        /// @param entry of the segment's or split's ranges, and behind them the names of what it is
        ///   made of
        record Warm(String topic, int index, int entry) implements Place {
            public Warm {
                if (index < 0 || entry < 0) {
                    throw new IllegalArgumentException(
                            "index %d, entry %d".formatted(index, entry));
                }
            }
        }
    }

    String encode() {
        return CursorText.encode(CursorText.Kind.SEGMENTS, this::write);
    }

    private void write(DataOutputStream out) throws IOException {
        out.writeLong(generation);
        out.writeUTF(topic);
        switch (place) {
            case Place.Hot hot -> {
                out.writeByte(HOT);
                out.writeUTF(hot.segment());
                out.writeUTF(hot.topic());
                out.writeInt(hot.partition());
            }
            case Place.Warm warm -> {
                out.writeByte(WARM);
                out.writeUTF(warm.topic());
                out.writeInt(warm.index());
                out.writeInt(warm.entry());
            }
        }
    }

    /// @throws RefusedException if it is not what [#encode] made
    static SegmentCursor decode(String text) throws RefusedException {
        return CursorText.decode(
                CursorText.Kind.SEGMENTS,
                text,
                in -> new SegmentCursor(in.readLong(), in.readUTF(), place(in)));
    }

    private static Place place(DataInputStream in) throws IOException {
        byte tier = in.readByte();
        return switch (tier) {
            case HOT -> new Place.Hot(in.readUTF(), in.readUTF(), in.readInt());
            case WARM -> new Place.Warm(in.readUTF(), in.readInt(), in.readInt());
            default -> throw new IllegalArgumentException("tier " + tier);
        };
    }
}
