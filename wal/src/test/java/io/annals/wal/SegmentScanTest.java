package io.annals.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SegmentScanTest {
    private static final SegmentId ID = new SegmentId(11, 22, 0, 3);
    private static final Path FILE = Path.of("segment");
    private static final int CAPACITY = 4096;

    private final ByteBuffer file = ByteBuffer.allocate(CAPACITY);

    /// Position of every frame, in appends of one or several.
    private final List<List<Integer>> appends = new ArrayList<>();

    private long offset;
    private int end;

    private final List<Integer> seen = new ArrayList<>();
    private final List<Integer> lost = new ArrayList<>();

    @BeforeEach
    void writeFiveAppends() {
        file.put(FrameFormat.fileHeader(ID, 1));
        write(10);
        write(20);
        write(5, 15, 10);
        write(40);
        write(7);
        end = file.position();
        file.clear();
    }

    private void write(int... valueBytes) {
        FrameFormat.Headers headers = new FrameFormat.Headers(ID);
        List<Integer> frames = new ArrayList<>();
        for (int i = 0; i < valueBytes.length; i++) {
            ByteBuffer bytes = Batches.ofBytes(valueBytes[i]);
            BatchView batch = BatchView.of(bytes);
            batch.assign(offset++, 0);
            frames.add(file.position());
            headers.encode(
                    file,
                    file.position(),
                    new FrameFormat.FrameMeta(
                            PartitionKey.of(TestWal.partition(i)), 5, i, valueBytes.length),
                    batch);
            file.put(bytes);
        }
        appends.add(frames);
    }

    private SegmentScan.Result scan(ByteBuffer bytes) throws IOException {
        seen.clear();
        lost.clear();
        return SegmentScan.scan(
                FILE,
                bytes,
                ID,
                new SegmentScan.Sink() {
                    @Override
                    public void frame(int frame) {
                        seen.add(frame);
                    }

                    @Override
                    public void lost(int frame) {
                        lost.add(frame);
                    }
                });
    }

    private List<Integer> framesOf(int firstAppend, int endAppend) {
        return appends.subList(firstAppend, endAppend).stream().flatMap(List::stream).toList();
    }

    private int endOf(int append) {
        return append + 1 < appends.size() ? appends.get(append + 1).getFirst() : end;
    }

    private ByteBuffer copy() {
        return ByteBuffer.allocate(CAPACITY).put(file.duplicate().clear()).clear();
    }

    @Test
    void aGoodFileIsReadToItsEnd() throws IOException {
        SegmentScan.Result result = scan(file);
        assertThat(result).isEqualTo(new SegmentScan.Result(end, end, List.of()));
        assertThat(seen).isEqualTo(framesOf(0, 5));
    }

    @Test
    void aTailCutAnywhereKeepsEveryWholeAppendBeforeIt() throws IOException {
        for (int cut = 0; cut <= end; cut++) {
            for (boolean zeros : new boolean[] {true, false}) {
                ByteBuffer torn = copy();
                for (int i = cut; i < CAPACITY; i++) {
                    torn.put(i, (byte) 0);
                }
                torn.limit(zeros ? CAPACITY : cut);
                SegmentScan.Result result = scan(torn);
                int lastByteIsZero = zeros ? 1 : 0;
                int whole = 0;
                while (whole < 5 && endOf(whole) - lastByteIsZero <= cut) {
                    whole++;
                }
                assertThat(seen).as("cut at " + cut).isEqualTo(framesOf(0, whole));
                assertThat(result.damage()).as("cut at " + cut).isEmpty();
                assertThat(result.end())
                        .isEqualTo(whole == 0 ? FrameFormat.FILE_HEADER_BYTES : endOf(whole - 1));
            }
        }
    }

    @Test
    void aFlippedByteAnywhereCostsOnlyItsOwnAppend() throws IOException {
        for (int at = 0; at < end; at++) {
            ByteBuffer bad = copy();
            bad.put(at, (byte) (bad.get(at) ^ 0x41));
            SegmentScan.Result result = scan(bad);
            List<Integer> expected = new ArrayList<>();
            int hit = -1;
            for (int a = 0; a < 5; a++) {
                if (at >= appends.get(a).getFirst() && at < endOf(a)) {
                    hit = a;
                } else {
                    expected.addAll(appends.get(a));
                }
            }
            assertThat(seen).as("flipped at " + at).isEqualTo(expected);
            if (hit == 4) {
                assertThat(result.end()).isEqualTo(appends.get(4).getFirst());
                assertThat(result.tornEnd()).isBetween(end - 1, end);
                assertThat(result.damage()).isEmpty();
            } else {
                int start = hit < 0 ? 0 : appends.get(hit).getFirst();
                int stop = hit < 0 ? FrameFormat.FILE_HEADER_BYTES : endOf(hit);
                assertThat(result.damage()).containsExactly(new SegmentScan.Range(start, stop));
            }
        }
    }

    @Test
    void aPageThatNeverReachedTheDiskCostsOnlyTheAppendsOnIt() throws IOException {
        for (int from = FrameFormat.FILE_HEADER_BYTES; from < end; from += 13) {
            ByteBuffer bad = copy();
            int to = Math.min(from + 100, end);
            for (int i = from; i < to; i++) {
                bad.put(i, (byte) 0);
            }
            scan(bad);
            List<Integer> expected = new ArrayList<>();
            for (int a = 0; a < 5; a++) {
                if (endOf(a) <= from || appends.get(a).getFirst() >= to) {
                    expected.addAll(appends.get(a));
                }
            }
            assertThat(seen).as("zeros at " + from).isEqualTo(expected);
        }
    }

    @Test
    void aBrokenBatchWithAGoodHeaderTellsWhichOffsetsAreLost() throws IOException {
        ByteBuffer bad = copy();
        int frame = appends.get(1).getFirst();
        int at = frame + FrameFormat.FRAME_HEADER_BYTES + BatchView.HEADER_BYTES + 3;
        bad.put(at, (byte) (bad.get(at) + 1));
        scan(bad);
        assertThat(lost).containsExactly(frame);
    }

    @Test
    void framesOfAnotherPlaceAreNoFrames() throws IOException {
        ByteBuffer moved = copy();
        int frame = appends.get(3).getFirst();
        int length = endOf(3) - frame;
        for (int i = 0; i < length; i++) {
            moved.put(end + 8 + i, file.get(frame + i));
        }
        assertThat(scan(moved).end()).isEqualTo(end);
        assertThat(seen).isEqualTo(framesOf(0, 5));
    }

    @Test
    void aNewerFrameVersionIsItsOwnError() {
        ByteBuffer newer = copy();
        newer.position(appends.get(4).getFirst());
        ByteBuffer batch = Batches.ofBytes(7);
        BatchView.of(batch).assign(6, 0);
        new FrameFormat.Headers(ID)
                .encode(
                        newer,
                        newer.position(),
                        new FrameFormat.FrameMeta(PartitionKey.of(TestWal.P0), 5, 0, 1),
                        BatchView.of(batch));
        newer.clear();
        SegmentScanTestVersions.raiseVersion(newer, appends.get(4).getFirst(), ID);
        assertThatThrownBy(() -> scan(newer)).isInstanceOf(UnsupportedWalVersionException.class);
    }
}
