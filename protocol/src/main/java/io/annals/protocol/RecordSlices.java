package io.annals.protocol;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/// Record batches of a response, by reference: written to the socket from where they lie (mapped
/// WAL, cached chunk), then released. For handlers' responses; only `protocol` writes it.
public final class RecordSlices implements BaseRecords {
    private final List<ByteBuffer> batches;
    private final int sizeBytes;
    private final Runnable release;

    /// @param release called once, when the bytes were written or will never be
    public RecordSlices(List<ByteBuffer> batches, Runnable release) {
        this.batches = List.copyOf(batches);
        this.sizeBytes = batches.stream().mapToInt(ByteBuffer::remaining).sum();
        this.release = release;
    }

    List<ByteBuffer> batches() {
        return batches;
    }

    void release() {
        release.run();
    }

    @Override
    public int sizeInBytes() {
        return sizeBytes;
    }

    @Override
    public RecordsSend<? extends BaseRecords> toSend() {
        throw new UnsupportedOperationException(
                "written by the response encoder, not by kafka-clients");
    }
}
