package io.annals.registry;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// When a registry writes checkpoints: after so many generations beside the commits, and earlier
/// when somebody asks. One at a time; thread-safe.
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private final CheckpointWriter writer;
    private final Executor executor;
    private final int every;
    private final AtomicBoolean writing = new AtomicBoolean();
    private volatile Newest newest;

    /// A checkpoint.
    ///
    /// @param generation 0 if there is none
    /// @param committedAtMs that of the generation; if there is none, when the first was committed
    record Newest(long generation, long committedAtMs) {}

    /// @param writer used by this alone
    /// @param executor runs what [#consider] begins
    /// @param every so many generations
    Checkpoints(CheckpointWriter writer, Executor executor, int every, Newest newest) {
        this.writer = writer;
        this.executor = executor;
        this.every = every;
        this.newest = newest;
    }

    Newest newest() {
        return newest;
    }

    /// Begins one of this generation if it is time.
    void consider(Generation generation) {
        if (generation.generation() - newest.generation() >= every
                && writing.compareAndSet(false, true)) {
            executor.execute(() -> writeAlone(generation));
        }
    }

    /// Writes one of this generation, on this thread. Nothing happens if another one is being
    /// written, or if it cannot be written: it will be time again.
    void write(Generation generation) {
        if (writing.compareAndSet(false, true)) {
            writeAlone(generation);
        }
    }

    private void writeAlone(Generation generation) {
        try {
            writer.write(generation);
            newest = new Newest(generation.generation(), generation.committedAtMs());
        } catch (IOException e) {
            LOG.warn(
                    "cannot write checkpoint {}, it is tried again: {}",
                    generation.generation(),
                    e.toString());
        } finally {
            writing.set(false);
        }
    }
}
