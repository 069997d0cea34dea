package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// Reads a file into the page cache ahead of someone who scans it through a mapping, so that the
/// scan works on one part while the disk reads the next, and neither waits in page faults.
///
/// Its own thread stays at most [#WINDOW_BYTES] ahead, and the scan at least [#LEAD_BYTES] behind.
/// It only saves time: what it cannot read, the scan meets by itself. One scanner; [#close] before
/// the channel is closed. Why: ADR 0014.
final class Prefetch implements AutoCloseable {
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int WINDOW_BYTES = 64 << 20;
    private static final int LEAD_BYTES = 4 << 20;

    private final FileChannel channel;
    private final Thread thread;
    private long read;
    private int reached;
    private boolean finished;
    private boolean closed;

    private Prefetch(FileChannel channel) {
        this.channel = channel;
        this.thread = Thread.ofPlatform().name("annals-wal-prefetch").daemon().unstarted(this::run);
    }

    static Prefetch start(FileChannel channel) {
        Prefetch prefetch = new Prefetch(channel);
        prefetch.thread.start();
        return prefetch;
    }

    /// The scan got to `position`: waits until what follows was read. Cheap enough to be called for
    /// every frame.
    void reached(int position) throws IOException {
        if (position - reached < BLOCK_BYTES) {
            return;
        }
        synchronized (this) {
            reached = position;
            notifyAll();
            try {
                while (!finished && read < position + LEAD_BYTES) {
                    wait();
                }
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private void run() {
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
        try {
            long position = 0;
            while (awaitTurn(position)) {
                int count = channel.read(block.clear(), position);
                if (count < 0) {
                    return;
                }
                position += count;
            }
        } catch (IOException e) {
            // the scan reads the same bytes and reports what is wrong with them
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            finish();
        }
    }

    /// @return false if there is nobody to read for any more
    private synchronized boolean awaitTurn(long position) throws InterruptedException {
        read = position;
        notifyAll();
        while (!closed && position - reached > WINDOW_BYTES) {
            wait();
        }
        return !closed;
    }

    private synchronized void finish() {
        finished = true;
        notifyAll();
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IOException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IOException("interrupted while recovering", e);
    }
}
