package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.Consumer;

/// One object, read for two purposes at once: its content, piece by piece, and its SHA-256. What is
/// asked for in the order of the object is hashed as it passes, with what lies in between; so
/// hardly a byte is read twice. A small object is read once, as a whole.
///
/// Nothing can be created, listed or deleted through it. Confined to one thread.
final class HashedReads implements ObjectStore {
    private static final int SMALL_BYTES = 4 << 20;
    private static final int PIECE_BYTES = 4 << 20;

    /// What may lie between two reads: headers and padding, or a small entry.
    private static final int MAX_GAP_BYTES = 1 << 20;

    private final ObjectStore store;
    private final String key;
    private final long sizeBytes;
    private final MessageDigest digest = Sha256.newDigest();
    private long hashedBytes;
    private ByteBuffer whole = ByteBuffer.allocate(0);

    HashedReads(ObjectStore store, String key, long sizeBytes) {
        this.store = store;
        this.key = key;
        this.sizeBytes = sizeBytes;
    }

    @Override
    public ByteBuffer read(String wanted, long position, int length) throws IOException {
        if (sizeBytes <= SMALL_BYTES && position >= 0 && position + length <= sizeBytes) {
            if (hashedBytes == 0) {
                whole = pass((int) sizeBytes);
            }
            return whole.duplicate().slice((int) position, length);
        }
        long gap = position - hashedBytes;
        if (gap < 0 || gap > MAX_GAP_BYTES) {
            return store.read(key, position, length);
        }
        ByteBuffer bytes = pass((int) gap + length);
        return bytes.slice((int) gap, length);
    }

    /// Lower-case hex, of all of it. To be asked for once.
    String sha256() throws IOException {
        if (sizeBytes <= SMALL_BYTES && hashedBytes == 0) {
            whole = pass((int) sizeBytes);
        }
        while (hashedBytes < sizeBytes) {
            pass((int) Math.min(PIECE_BYTES, sizeBytes - hashedBytes));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private ByteBuffer pass(int length) throws IOException {
        ByteBuffer bytes = store.read(key, hashedBytes, length);
        digest.update(bytes.duplicate());
        hashedBytes += length;
        return bytes;
    }

    @Override
    public long size(String wanted) {
        return sizeBytes;
    }

    @Override
    public boolean createIfAbsent(String wanted, Path file) {
        throw new UnsupportedOperationException("only for reading " + key);
    }

    @Override
    public boolean createIfAbsent(String wanted, byte[] bytes) {
        throw new UnsupportedOperationException("only for reading " + key);
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) {
        throw new UnsupportedOperationException("only for reading " + key);
    }

    @Override
    public void delete(String wanted) {
        throw new UnsupportedOperationException("only for reading " + key);
    }

    @Override
    public int abortUploads(String prefix, long beforeMs) {
        throw new UnsupportedOperationException("only for reading " + key);
    }

    /// The store stays open.
    @Override
    public void close() {}
}
