package io.annals.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/// Hands out producer ids in blocks. The end of a block is durable before the block is used, so no
/// id comes twice. Thread-safe.
///
/// The first id is taken from the clock: a directory begun anew after a loss does not repeat the
/// ids of producers that are still alive, as long as fewer than 1000 ids a millisecond were used.
final class ProducerIds {
    static final long BLOCK = 1_000;

    private static final CheckedFile FORMAT = new CheckedFile(0x414e4e414c535049L, 1);
    private static final long IDS_PER_MS = 1_000;

    private final WalFiles files;
    private final Path file;
    private long next;

    private ProducerIds(WalFiles files, Path file, long next) {
        this.files = files;
        this.file = file;
        this.next = next;
    }

    static ProducerIds open(WalFiles files, Path file, Clock clock, List<String> notes)
            throws IOException {
        try {
            if (Files.exists(file)) {
                return new ProducerIds(files, file, FORMAT.read(file).getLong());
            }
        } catch (CorruptWalException e) {
            notes.add(e.getMessage() + "; producer ids go on from the clock");
        }
        return new ProducerIds(files, file, clock.millis() * IDS_PER_MS);
    }

    synchronized ProducerIdBlock nextBlock() throws IOException {
        long first = next;
        FORMAT.write(files, file, out -> out.writeLong(first + BLOCK));
        next = first + BLOCK;
        return new ProducerIdBlock(first, next);
    }
}
