package io.annals.protocol;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/// Record batches of a response, by reference: written to the socket from where they lie (mapped
/// WAL, cached chunk), then released. For handlers' responses; only `protocol` writes it.
///
/// Belongs to the front door from the moment a handler completes its future with the response; a
/// handler that drops a response calls [#release] itself.
public final class RecordSlices implements BaseRecords {
    private final List<ByteBuffer> batches;
    private final int sizeBytes;
    private final Runnable release;
    private final AtomicBoolean released = new AtomicBoolean();

    /// @param release called once, when the bytes were written or will never be
    public RecordSlices(List<ByteBuffer> batches, Runnable release) {
        this.batches = List.copyOf(batches);
        this.sizeBytes = batches.stream().mapToInt(ByteBuffer::remaining).sum();
        this.release = release;
    }

    List<ByteBuffer> batches() {
        return batches;
    }

    /// Lets the bytes go; only the first call counts.
    public void release() {
        if (released.compareAndSet(false, true)) {
            release.run();
        }
    }

    /// Releases what a response that will never be written refers to.
    public static void releaseAll(ApiMessage response) {
        if (response instanceof FetchResponseData fetch) {
            fetch.responses().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .map(FetchResponseData.PartitionData::records)
                    .forEach(records -> {
                        if (records instanceof RecordSlices slices) {
                            slices.release();
                        }
                    });
        }
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
