package io.annals.wal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the segments that one shard appends to, one ahead so that a roll need not wait. Confined
/// to the shard's writer; only the making runs on the executor.
final class SegmentSupply {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentSupply.class);

    private final WalFiles files;
    private final Path folder;
    private final Clock clock;
    private final Executor background;
    private final long segmentBytes;

    /// Identity of the segment that comes next.
    private SegmentId nextId;

    private @Nullable CompletableFuture<ActiveSegment> ahead;
    private String failure = "";

    SegmentSupply(WalShared shared, Path folder, SegmentId first) {
        this.files = shared.files();
        this.folder = folder;
        this.clock = shared.clock();
        this.background = shared.background();
        this.segmentBytes = shared.config().segmentBytes();
        this.nextId = first;
    }

    /// Begins to make the next segment, if that has not begun.
    void prepare() {
        if (ahead == null) {
            SegmentId id = nextId;
            CompletableFuture<ActiveSegment> next = new CompletableFuture<>();
            ahead = next;
            background.execute(() -> {
                try {
                    next.complete(create(id));
                } catch (IOException | RuntimeException e) {
                    next.completeExceptionally(e);
                }
            });
        }
    }

    /// The next segment; null if it cannot be made now, see [#failure].
    @Nullable ActiveSegment next() {
        ActiveSegment next = takePrepared();
        try {
            if (next == null) {
                next = create(nextId);
            }
        } catch (IOException e) {
            failure = StorageFailure.describe(e);
            LOG.warn("no new segment {}: {}", nextId, failure);
            return null;
        }
        nextId =
                new SegmentId(
                        nextId.walIdHigh(), nextId.walIdLow(), nextId.shard(), nextId.number() + 1);
        return next;
    }

    /// Why the last [#next] gave nothing.
    String failure() {
        return failure;
    }

    /// Deletes what was made ahead.
    void close() throws IOException {
        ActiveSegment unused = takePrepared();
        if (unused != null) {
            unused.discard();
        }
    }

    private @Nullable ActiveSegment takePrepared() {
        CompletableFuture<ActiveSegment> prepared = ahead;
        ahead = null;
        try {
            return prepared == null ? null : prepared.join();
        } catch (CompletionException e) {
            LOG.warn("segment {} could not be made ahead", nextId, e.getCause());
            return null;
        }
    }

    private ActiveSegment create(SegmentId id) throws IOException {
        return SegmentFile.create(
                files, folder, id, new SegmentFile.Creation(segmentBytes, clock.millis()));
    }
}
