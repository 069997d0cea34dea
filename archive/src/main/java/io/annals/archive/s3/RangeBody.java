package io.annals.archive.s3;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// Takes the answer to one ranged GET: exactly the bytes asked for, or the GET is tried again.
/// Confined to one call.
///
/// A range that is the whole object is checked against the CRC32C that its creation noted: S3 keeps
/// checksums of whole objects only, what is read in parts is checked by the formats.
final class RangeBody implements ResponseTransformer<GetObjectResponse, ByteBuffer> {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(\\d+)/(\\d+)");

    private final long position;
    private final int length;
    private long objectBytes = Long.MAX_VALUE;
    private @Nullable String damage;

    RangeBody(long position, int length) {
        this.position = position;
        this.length = length;
    }

    String header() {
        return "bytes=%d-%d".formatted(position, position + length - 1);
    }

    /// Size of the object, once there was an answer.
    long objectBytes() {
        return objectBytes;
    }

    /// What was wrong with the bytes of the last answer, if its length was right.
    @Nullable String damage() {
        return damage;
    }

    /// @return fewer bytes than asked for only if the object ends there
    @Override
    public ByteBuffer transform(GetObjectResponse response, AbortableInputStream body) {
        damage = null;
        boolean whole = false;
        try {
            ByteBuffer bytes = read(response, body);
            check(response, bytes);
            whole = true;
            return bytes;
        } catch (IOException e) {
            throw again("the body broke off: " + e, e);
        } finally {
            if (!whole) {
                body.abort();
            }
        }
    }

    private ByteBuffer read(GetObjectResponse response, AbortableInputStream body)
            throws IOException {
        String range = response.contentRange();
        Matcher matcher = CONTENT_RANGE.matcher(range == null ? "" : range);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) != position) {
            throw again("asked for %s, the answer has range %s".formatted(header(), range), null);
        }
        objectBytes = Long.parseLong(matcher.group(3));
        byte[] bytes = new byte[(int) Math.min(length, objectBytes - position)];
        int read = body.readNBytes(bytes, 0, bytes.length);
        if (read < bytes.length || body.read() >= 0) {
            throw again(
                    "a body of %d bytes has %s"
                            .formatted(bytes.length, read < bytes.length ? read : "more"),
                    null);
        }
        return ByteBuffer.wrap(bytes);
    }

    private void check(GetObjectResponse response, ByteBuffer bytes) {
        String expected = response.metadata().get(Creation.CRC32C);
        if (expected == null || position != 0 || bytes.remaining() != objectBytes) {
            return;
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        String actual = HexFormat.of().toHexDigits((int) crc.getValue());
        if (!actual.equals(expected)) {
            damage = "CRC32C %s instead of %s".formatted(actual, expected);
            throw again(damage, null);
        }
    }

    private static SdkException again(String message, @Nullable Throwable cause) {
        return RetryableException.builder().message(message).cause(cause).build();
    }
}
