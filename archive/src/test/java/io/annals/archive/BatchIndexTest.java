package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SeededRandom.class)
class BatchIndexTest {
    @TempDir Path directory;

    private static List<BatchIndex.Row> rows(Random random, int count) {
        List<BatchIndex.Row> rows = new ArrayList<>();
        long offset = random.nextLong(1L << 40);
        long position = 0;
        for (int i = 0; i < count; i++) {
            offset += random.nextInt(4) == 0 ? random.nextInt(1_000_000) : 0;
            long end = offset + random.nextInt(10_000);
            int size = 61 + random.nextInt(random.nextInt(10) == 0 ? 10_000_000 : 1_000);
            rows.add(
                    new BatchIndex.Row(
                            offset, end, position, size, random.nextLong(), random.nextLong()));
            offset = end;
            position += size;
        }
        return rows;
    }

    private static byte[] build(List<BatchIndex.Row> rows) {
        BatchIndexBuilder builder = new BatchIndexBuilder();
        rows.forEach(builder::add);
        return builder.build();
    }

    private static long batchesBytes(List<BatchIndex.Row> rows) {
        return rows.getLast().position() + rows.getLast().sizeBytes();
    }

    private SeekableTar tar(byte[] index) throws IOException {
        RecordingStore store = new RecordingStore();
        TestObjects.store(store, directory, Map.of("gz/index", index));
        return TestObjects.tars(store).open(TestObjects.KEY);
    }

    private BatchIndex load(SeekableTar tar, List<BatchIndex.Row> rows) throws IOException {
        return BatchIndex.load(tar, tar.entry("gz/index").orElseThrow(), batchesBytes(rows));
    }

    @Test
    void everyBatchIsFoundByItsOffsets(Random random) throws IOException {
        for (int count : new int[] {1, 127, 128, 129, 256, 1_000}) {
            List<BatchIndex.Row> rows = rows(random, count);
            SeekableTar tar = tar(build(rows));
            BatchIndex index = load(tar, rows);
            assertThat(index.batchCount()).isEqualTo(count);

            List<BatchIndex.Row> all = new ArrayList<>();
            for (int block = 0; block < index.blockCount(); block++) {
                all.addAll(index.block(tar, block));
            }
            assertThat(all).isEqualTo(rows);
            for (int i = 0; i < 200; i++) {
                long offset =
                        rows.get(random.nextInt(count)).baseOffset() - 2 + random.nextInt(20_000);
                Optional<BatchIndex.Row> expected =
                        rows.stream().filter(row -> row.endOffset() > offset).findFirst();
                assertThat(BatchCursor.from(tar, index, offset).peek()).isEqualTo(expected);
            }
        }
    }

    @Test
    void everyFlippedBitIsFound(Random random) throws IOException {
        List<BatchIndex.Row> rows = rows(random, 200);
        byte[] good = build(rows);
        for (int i = 0; i < 400; i++) {
            byte[] damaged = good.clone();
            int at = random.nextInt(damaged.length);
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            SeekableTar tar = tar(damaged);
            assertThatThrownBy(
                            () -> {
                                BatchIndex index = load(tar, rows);
                                for (int block = 0; block < index.blockCount(); block++) {
                                    index.block(tar, block);
                                }
                            })
                    .as("flipped bit at %d", at)
                    .isInstanceOfAny(CorruptObjectException.class, TooNewObjectException.class)
                    .hasMessageContaining("gz/index");
        }
    }

    @Test
    void aNewerVersionIsRefusedAsSuch(Random random) throws IOException {
        List<BatchIndex.Row> rows = rows(random, 3);
        byte[] bytes = build(rows);
        ByteBuffer.wrap(bytes).putInt(8, 2);
        SeekableTar tar = tar(bytes);
        assertThatThrownBy(() -> load(tar, rows))
                .isInstanceOf(TooNewObjectException.class)
                .hasMessageContaining("gz/index has format version 2");
    }

    @Test
    void hostileIndexesAreRefused(Random random) throws IOException {
        List<BatchIndex.Row> rows = rows(random, 300);
        byte[] good = build(rows);
        int firstRow = BatchIndex.HEADER_BYTES;
        refused(good, rows, 24, Integer.MAX_VALUE);
        refused(good, rows, 24, -1);
        refused(good, rows, 24, 0);
        refused(good, rows, 16, -1);
        refused(good, rows, 16, 1);
        refused(good, rows, firstRow + 32, Integer.MAX_VALUE);
        refused(good, rows, firstRow + 32, -1);
        refused(good, rows, firstRow + 40, Integer.MAX_VALUE);
        refused(good, rows, firstRow + 40, -1);
        refused(good, rows, firstRow + 8, 1);
        assertThatThrownBy(() -> load(tar(new byte[5]), rows))
                .isInstanceOf(CorruptObjectException.class);
    }

    /// Writes `value` at `at`, with a directory checksum that fits.
    private void refused(byte[] good, List<BatchIndex.Row> rows, int at, int value)
            throws IOException {
        byte[] bytes = good.clone();
        int blocks = Math.ceilDiv(rows.size(), BatchIndex.BATCHES_PER_BLOCK);
        int end = BatchIndex.HEADER_BYTES + blocks * BatchIndex.DIRECTORY_ROW_BYTES;
        ByteBuffer.wrap(bytes).putInt(at, value).putInt(BatchIndex.CRC_AT, 0);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, end);
        ByteBuffer.wrap(bytes).putInt(BatchIndex.CRC_AT, (int) crc.getValue());
        SeekableTar tar = tar(bytes);
        assertThatThrownBy(
                        () -> {
                            BatchIndex index = load(tar, rows);
                            for (int block = 0; block < index.blockCount(); block++) {
                                index.block(tar, block);
                            }
                        })
                .as("%d at %d", value, at)
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("gz/index");
    }
}
