package io.annals.wal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The folder of the log, locked against a second server.
///
/// ```
/// lock          held while a log is open
/// id            the wal id: creation time and randomness, so that segment ids stay unique
/// producer-ids  the next producer id to hand out
/// marks         log start offsets and deleted topics
/// <shard>/      <number>.wal, <number>.index, <number>.checkpoint
/// quarantine/   copies of bytes that recovery cut off or stepped over
/// ```
final class WalDirectory implements Closeable {
    private static final CheckedFile ID_FILE = new CheckedFile(0x414e4e414c534944L, 1);
    private static final int CREATION_SHIFT = 16;

    private final Path root;
    private final WalFiles files;
    private final FileChannel lock;

    private WalDirectory(Path root, WalFiles files, FileChannel lock) {
        this.root = root;
        this.files = files;
        this.lock = lock;
    }

    static WalDirectory open(Path directory, WalFiles files) throws IOException {
        Path root = directory.toAbsolutePath();
        Files.createDirectories(root);
        Path lockFile = root.resolve("lock");
        FileChannel channel =
                FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return new WalDirectory(root, files, channel);
            }
        } catch (OverlappingFileLockException _) {
            // as when another process holds it
        }
        channel.close();
        throw new WalLockedException(lockFile);
    }

    WalFiles files() {
        return files;
    }

    Path file(String name) {
        return root.resolve(name);
    }

    Path quarantine() {
        return root.resolve("quarantine");
    }

    Path shard(int shard) {
        return root.resolve(Integer.toString(shard));
    }

    /// Shards that have a folder.
    List<Integer> shards() throws IOException {
        List<Integer> found = new ArrayList<>();
        try (Stream<Path> children = Files.list(root)) {
            for (Path child : (Iterable<Path>) children::iterator) {
                String name = child.getFileName().toString();
                if (name.matches("[0-9]{1,4}") && Files.isDirectory(child)) {
                    found.add(Integer.parseInt(name));
                }
            }
        }
        return found.stream().sorted().toList();
    }

    Path createShard(int shard) throws IOException {
        Path folder = shard(shard);
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            files.syncDirectory(root);
        }
        return folder;
    }

    /// The id of this directory, made and stored at first use.
    WalId id(Clock clock, List<String> notes) throws IOException {
        Path file = file("id");
        if (Files.exists(file)) {
            try {
                ByteBuffer in = ID_FILE.read(file);
                return new WalId(in.getLong(), in.getLong());
            } catch (CorruptWalException e) {
                notes.add(e.getMessage() + "; a new id was made");
            }
        }
        return newId(clock);
    }

    WalId newId(Clock clock) throws IOException {
        SecureRandom random = new SecureRandom();
        long high = clock.millis() << CREATION_SHIFT | random.nextInt(1 << CREATION_SHIFT);
        WalId id = new WalId(high, random.nextLong());
        ID_FILE.write(
                files,
                file("id"),
                out -> {
                    out.writeLong(id.high());
                    out.writeLong(id.low());
                });
        return id;
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    /// @param high creation time in ms (48 bits), then randomness: later directories sort behind
    record WalId(long high, long low) {}
}
