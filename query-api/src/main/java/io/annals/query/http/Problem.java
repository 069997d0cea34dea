package io.annals.query.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.annals.archive.CorruptObjectException;
import io.annals.query.CompactedHistoryException;
import io.annals.query.Coverage;
import io.annals.query.OffsetOutOfRangeException;
import io.annals.query.RefusedException;
import io.annals.query.RefusedException.Reason;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An error as RFC 9457 problem details (`application/problem+json`).
///
/// @param kind last part of the problem's type, `urn:annals:problem:<kind>`
/// @param parameter at fault, empty if none is
/// @param position of the character in `q` that is at fault
/// @param holes what could not be searched
record Problem(
        int status,
        String kind,
        String title,
        String detail,
        String parameter,
        OptionalInt position,
        List<Coverage.Hole> holes) {
    static final String MEDIA_TYPE = "application/problem+json; charset=utf-8";

    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);

    static Problem of(int status, String kind, String title, String detail) {
        return new Problem(status, kind, title, detail, "", OptionalInt.empty(), List.of());
    }

    static Problem of(Exception cause) {
        return switch (cause) {
            case RefusedException refused -> of(refused);
            case OffsetOutOfRangeException outside ->
                    of(416, "offset-out-of-range", "Offset out of range", message(outside));
            case CompactedHistoryException compacted ->
                    of(410, "compacted", "History was compacted", message(compacted));
            case CorruptObjectException corrupt -> {
                LOG.error("an archive object is corrupt", corrupt);
                yield of(500, "corrupt-object", "Archive object is corrupt", message(corrupt));
            }
            case IOException failed -> {
                LOG.warn("storage failed to answer", failed);
                yield of(503, "storage-unavailable", "Storage is unavailable", message(failed));
            }
            default -> {
                LOG.error("a request failed", cause);
                yield of(500, "internal", "Internal error", "see the server's log");
            }
        };
    }

    private static Problem of(RefusedException refused) {
        Reason reason = refused.reason();
        return new Problem(
                status(reason),
                kind(reason),
                title(reason),
                message(refused),
                refused.parameter().orElse(""),
                refused.position(),
                refused.holes());
    }

    private static String message(Exception cause) {
        return String.valueOf(cause.getMessage());
    }

    private static int status(Reason reason) {
        return switch (reason) {
            case INVALID_PARAMETER -> 400;
            case UNKNOWN_TOPIC, UNKNOWN_PARTITION, UNKNOWN_KEY, UNKNOWN_QUERY -> 404;
            case NOT_INDEXED -> 409;
            case GENERATION_GONE, COMPACTED -> 410;
            case OFFSET_OUT_OF_RANGE -> 416;
            case TOO_BUSY, TOO_MANY_QUERIES -> 429;
            case NOT_YET_SEARCHABLE, INCOMPLETE -> 503;
        };
    }

    private static String kind(Reason reason) {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String title(Reason reason) {
        return switch (reason) {
            case INVALID_PARAMETER -> "Invalid parameter";
            case UNKNOWN_TOPIC -> "Unknown topic";
            case UNKNOWN_PARTITION -> "Unknown partition";
            case UNKNOWN_KEY -> "Unknown key";
            case NOT_INDEXED -> "Topic is not indexed";
            case GENERATION_GONE -> "Generation is gone";
            case COMPACTED -> "History was compacted";
            case OFFSET_OUT_OF_RANGE -> "Offset out of range";
            case NOT_YET_SEARCHABLE -> "Not searchable yet";
            case INCOMPLETE -> "Answer would be incomplete";
            case TOO_BUSY -> "Too many requests at once";
            case UNKNOWN_QUERY -> "Unknown query";
            case TOO_MANY_QUERIES -> "Too many open queries";
        };
    }

    /// Whether the same request may succeed a little later.
    boolean isTransient() {
        return status == 429 || status == 503;
    }

    Answer answer() {
        return new Answer(status, MEDIA_TYPE, Json.bytes(this::write));
    }

    private void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", "urn:annals:problem:" + kind);
        json.writeStringField("title", title);
        json.writeNumberField("status", status);
        json.writeStringField("detail", detail);
        if (!parameter.isEmpty()) {
            json.writeStringField("parameter", parameter);
        }
        if (position.isPresent()) {
            json.writeNumberField("position", position.getAsInt());
        }
        if (!holes.isEmpty()) {
            json.writeFieldName("holes");
            Json.writeHoles(json, holes);
        }
        json.writeEndObject();
    }
}
