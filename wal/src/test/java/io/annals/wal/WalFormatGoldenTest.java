package io.annals.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pins the bytes of the log's files to the worked examples of the format page.
class WalFormatGoldenTest {
    private static final Path PAGE = Path.of("..", "docs", "formats", "wal-segment.md");
    private static final SegmentId ID =
            new SegmentId(0x0199f7a3c2001234L, 0x5566778899aabbccL, 2, 17);
    private static final long TIME_MS = 1_760_000_000_000L;
    private static final int FRAME = FrameFormat.FILE_HEADER_BYTES;

    @TempDir Path directory;

    private static ByteBuffer batch() {
        ByteBuffer bytes =
                Batches.idempotent(
                        4000, 1, 7, new SimpleRecord(TIME_MS, new byte[] {'k'}, new byte[] {'v'}));
        BatchView.of(bytes).assign(42, 0);
        return bytes;
    }

    private static ByteBuffer segment() {
        ByteBuffer file = ByteBuffer.allocate(4096).put(FrameFormat.fileHeader(ID, TIME_MS));
        new FrameFormat.Headers(ID)
                .encode(
                        file,
                        FRAME,
                        new FrameFormat.FrameMeta(PartitionKey.of(TestWal.P1), TIME_MS + 5, 0, 1),
                        BatchView.of(batch()));
        return file.put(batch()).flip();
    }

    private static WalSegment indexed() {
        ByteBuffer file = segment();
        WalSegment segment =
                new WalSegment(ID, Path.of("x"), Arena.ofShared(), file, file.limit(), List.of());
        segment.startIndex(PartitionKey.of(TestWal.P1), 42)
                .add(FRAME, FrameFormat.batch(file, FRAME));
        return segment;
    }

    private static byte[] example(String name) throws IOException {
        Matcher block =
                Pattern.compile("```hex " + name + "\\n(.*?)```", Pattern.DOTALL)
                        .matcher(Files.readString(PAGE));
        assertThat(block.find()).as("an example named " + name).isTrue();
        String digits = block.group(1).replaceAll("(?m)\\|.*$", "").replaceAll("\\s", "");
        return HexFormat.of().parseHex(digits);
    }

    @Test
    void aSegmentHasTheBytesOfThePage() throws IOException {
        assertThat(HexFormat.of().formatHex(TestWal.bytes(segment())))
                .isEqualTo(HexFormat.of().formatHex(example("segment")));
    }

    @Test
    void thePagesSegmentIsRead() throws IOException {
        ByteBuffer file = ByteBuffer.wrap(example("segment"));
        assertThat(FrameFormat.fileHeaderIsValid(file)).isTrue();
        assertThat(FrameFormat.segmentId(file)).isEqualTo(ID);
        assertThat(new FrameFormat.Headers(ID).headerIsValid(file, FRAME)).isTrue();
        assertThat(FrameFormat.batchIsValid(file, FRAME)).isTrue();
        assertThat(FrameFormat.ingestTimeMs(file, FRAME)).isEqualTo(TIME_MS + 5);
        assertThat(FrameFormat.endOffset(file, FRAME)).isEqualTo(43);
        assertThat(FrameFormat.partitionKey(file, FRAME)).isEqualTo(PartitionKey.of(TestWal.P1));
    }

    @Test
    void aSidecarHasTheBytesOfThePage() throws IOException {
        ByteBuffer sidecar = SegmentFile.encodeSidecar(indexed());
        assertThat(HexFormat.of().formatHex(TestWal.bytes(sidecar)))
                .isEqualTo(HexFormat.of().formatHex(example("sidecar")));
    }

    @Test
    void aSidecarWithTransactionsHasTheBytesOfThePage() throws IOException {
        WalSegment segment = indexed();
        BatchIndex index = segment.indexes().getFirst();
        index.add(new AbortedTransaction(4000, 30, 42));
        index.endTransactions(List.of(new OpenTransaction(4001, (short) 2, 35)));
        ByteBuffer sidecar = SegmentFile.encodeSidecar(segment);
        assertThat(HexFormat.of().formatHex(TestWal.bytes(sidecar)))
                .isEqualTo(HexFormat.of().formatHex(extended("sidecar", "sidecar-end", 2)));
        ByteBuffer decoded = ByteBuffer.wrap(example("sidecar-end")).slice(8, 50);
        RunTransactions read = RunTransactions.decode(decoded);
        assertThat(read.aborted()).containsExactly(new AbortedTransaction(4000, 30, 42));
        assertThat(read.openAtEnd()).containsExactly(new OpenTransaction(4001, (short) 2, 35));
    }

    private static HotPartition partition() {
        HotPartition partition = new HotPartition(TestWal.P1, 2);
        partition.recovered(43, TIME_MS + 5);
        return partition;
    }

    private ProducerStates read(byte[] checkpoint) throws IOException {
        Path file = directory.resolve("checkpoint");
        Files.write(file, checkpoint);
        ShardCheckpoint read =
                ShardCheckpoint.newest(List.of(file), new ArrayList<>()).orElseThrow();
        assertThat(read.nextNumber()).isEqualTo(18);
        assertThat(read.partitions())
                .containsExactly(new ShardCheckpoint.Partition(partition().key(), 43, TIME_MS + 5));
        ProducerStates states = new ProducerStates();
        states.decode(read.payload());
        assertThat(states.check(partition().key(), BatchView.of(batch())))
                .isEqualTo(new AppendOutcome.Duplicate(42, 43, TIME_MS + 5));
        return states;
    }

    @Test
    void aCheckpointHasTheBytesOfThePageAndIsRead() throws IOException {
        ByteBuffer inTransaction =
                Batches.transactional(
                        4000, 1, 7, new SimpleRecord(TIME_MS, new byte[1], new byte[1]));
        BatchView.of(inTransaction).assign(42, 0);
        ProducerStates producers = new ProducerStates();
        producers.begin(1);
        producers.add(partition().key(), BatchView.of(inTransaction), TIME_MS + 5);
        byte[] page = extended("checkpoint", "checkpoint-end-3", 3);
        assertThat(
                        HexFormat.of()
                                .formatHex(
                                        TestWal.bytes(
                                                ShardCheckpoint.encode(
                                                        18,
                                                        TIME_MS + 5,
                                                        List.of(partition()),
                                                        producers))))
                .isEqualTo(HexFormat.of().formatHex(page));
        ProducerStates again = read(page);
        assertThat(again.openTransactions().get(partition().key()))
                .extracting(OpenTransactions::list)
                .isEqualTo(List.of(new OpenTransaction(4000, (short) 1, 42)));
        assertThat(again.active(partition().key()))
                .extracting(ActiveProducer::lastTimestampMs)
                .containsExactly(TIME_MS);
    }

    @Test
    void theCheckpointsOfOlderProgramsAreRead() throws IOException {
        assertThat(read(example("checkpoint")).active(partition().key()))
                .containsExactly(
                        new ActiveProducer(
                                4000, (short) 1, 7, TIME_MS + 5, -1, OptionalLong.empty()));
        assertThat(read(extended("checkpoint", "checkpoint-end", 2)).active(partition().key()))
                .containsExactly(
                        new ActiveProducer(
                                4000, (short) 1, 7, TIME_MS + 5, -1, OptionalLong.of(42)));
    }

    @Test
    void aCheckpointWithoutProducersIsOneThatOlderProgramsRead() throws IOException {
        ByteBuffer encoded =
                ShardCheckpoint.encode(18, TIME_MS + 5, List.of(partition()), new ProducerStates());
        assertThat(encoded.getInt(8)).isEqualTo(1);
    }

    /// The page's example of version 1 with another version, length and end.
    private static byte[] extended(String name, String end, int version) throws IOException {
        byte[] first = example(name);
        byte[] last = example(end);
        int added = last.length - Integer.BYTES;
        byte[] all = Arrays.copyOf(first, first.length - Integer.BYTES + last.length);
        System.arraycopy(last, 0, all, first.length - Integer.BYTES, last.length);
        ByteBuffer.wrap(all)
                .putInt(8, version)
                .putInt(12, ByteBuffer.wrap(first).getInt(12) + added);
        return all;
    }
}
