package io.annals.archive;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;

/// SHA-256 of a whole stored object, read in large pieces. No state.
final class ObjectHash {
    private static final int PIECE_BYTES = 4 * 1024 * 1024;

    private ObjectHash() {}

    /// Lower-case hex.
    static String sha256(ObjectStore store, String key, long sizeBytes) throws IOException {
        MessageDigest digest = Sha256.newDigest();
        long position = 0;
        while (position < sizeBytes) {
            int length = (int) Math.min(PIECE_BYTES, sizeBytes - position);
            digest.update(store.read(key, position, length));
            position += length;
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
