package io.annals.archive.s3;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;

/// One attempt of ours to create an object, marked so that its own success can be recognised when
/// the answer to it was lost: a conditional put that is sent again finds the key taken, by itself.
///
/// @param mark unique
/// @param crc32c of the whole object
record Creation(String key, String mark, int crc32c) {
    static final String MARK = "annals-creation";
    static final String CRC32C = "annals-crc32c";

    /// User metadata of the object.
    Map<String, String> metadata() {
        return Map.of(MARK, mark, CRC32C, HexFormat.of().toHexDigits(crc32c));
    }

    boolean isMarkedIn(Map<String, String> metadata) {
        return mark.equals(metadata.get(MARK));
    }

    /// As S3 writes checksums.
    static String base64(int crc32c) {
        return Base64.getEncoder().encodeToString(ByteBuffer.allocate(4).putInt(crc32c).array());
    }
}
