package io.annals.archive;

/// Where the chunks of one entry start, before and after packing. Immutable.
///
/// Packed positions are relative to the entry's first gzip member. Chunks follow each other without
/// holes, on both sides.
sealed interface ChunkTable {

    int count();

    /// Position in the entry of the chunk's first byte; for `count()` the entry's size.
    long start(int chunk);

    /// Position of the chunk's first packed byte.
    long storedStart(int chunk);

    int storedLength(int chunk);

    /// CRC-32C of the chunk's unpacked bytes.
    int crc32c(int chunk);

    /// The chunk that holds `position`, which lies in the entry.
    int chunkAt(long position);

    /// Sum of the packed bytes, gzip framing included.
    long storedBytes();

    default int length(int chunk) {
        return Math.toIntExact(start(chunk + 1) - start(chunk));
    }

    /// Chunks of any length, each a gzip member.
    ///
    /// @param starts one more than there are chunks
    /// @param storedStarts one more than there are chunks
    record Members(long[] starts, long[] storedStarts, int[] crcs) implements ChunkTable {
        @Override
        public int count() {
            return crcs.length;
        }

        @Override
        public long start(int chunk) {
            return starts[chunk];
        }

        @Override
        public long storedStart(int chunk) {
            return storedStarts[chunk];
        }

        @Override
        public int storedLength(int chunk) {
            return Math.toIntExact(storedStarts[chunk + 1] - storedStarts[chunk]);
        }

        @Override
        public int crc32c(int chunk) {
            return crcs[chunk];
        }

        @Override
        public int chunkAt(long position) {
            int low = 0;
            int high = crcs.length - 1;
            while (low < high) {
                int middle = (low + high + 1) >>> 1;
                if (starts[middle] <= position) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            return low;
        }

        @Override
        public long storedBytes() {
            return storedStarts[crcs.length];
        }
    }

    /// Chunks of [#CHUNK_BYTES], made of stored blocks of [#BLOCK_BYTES], in one gzip member.
    record Blocks(long sizeBytes, int[] crcs) implements ChunkTable {
        static final int BLOCK_BYTES = 32 * 1024;
        static final int BLOCKS_PER_CHUNK = 2;
        static final int CHUNK_BYTES = BLOCKS_PER_CHUNK * BLOCK_BYTES;
        static final int STORED_BLOCK_BYTES = GzipFraming.STORED_BLOCK_HEADER_BYTES + BLOCK_BYTES;

        static int count(long sizeBytes) {
            return Math.toIntExact(Math.ceilDiv(sizeBytes, CHUNK_BYTES));
        }

        @Override
        public int count() {
            return crcs.length;
        }

        @Override
        public long start(int chunk) {
            return Math.min(sizeBytes, (long) chunk * CHUNK_BYTES);
        }

        @Override
        public long storedStart(int chunk) {
            return GzipFraming.HEADER_BYTES + (long) chunk * BLOCKS_PER_CHUNK * STORED_BLOCK_BYTES;
        }

        @Override
        public int storedLength(int chunk) {
            int length = length(chunk);
            return length
                    + Math.ceilDiv(length, BLOCK_BYTES) * GzipFraming.STORED_BLOCK_HEADER_BYTES;
        }

        @Override
        public int crc32c(int chunk) {
            return crcs[chunk];
        }

        @Override
        public int chunkAt(long position) {
            return (int) (position / CHUNK_BYTES);
        }

        @Override
        public long storedBytes() {
            if (sizeBytes == 0) {
                return 0;
            }
            long blocks = Math.ceilDiv(sizeBytes, BLOCK_BYTES);
            return GzipFraming.HEADER_BYTES
                    + sizeBytes
                    + blocks * GzipFraming.STORED_BLOCK_HEADER_BYTES
                    + GzipFraming.TRAILER_BYTES;
        }
    }
}
