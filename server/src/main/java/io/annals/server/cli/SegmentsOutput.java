package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Optional;

/// Prints a listing of segments, of which it holds one page at a time. Confined to one thread.
interface SegmentsOutput {

    /// Where the pages come from, as `GET /v1/segments` answers them.
    @FunctionalInterface
    interface Pages {
        /// @param cursor of the page before; empty: the first one
        JsonNode page(Optional<String> cursor) throws Exception;
    }

    /// From the first page to the last, as long as somebody reads what is printed.
    default void printAll(Pages pages) throws Exception {
        Optional<String> cursor = Optional.empty();
        boolean isRead;
        do {
            JsonNode page = pages.page(cursor);
            cursor = Optional.ofNullable(page.path("cursor").textValue());
            isRead = print(page, cursor.isEmpty());
        } while (isRead && cursor.isPresent());
    }

    /// @return whether somebody still reads it
    boolean print(JsonNode page, boolean isLast) throws IOException;
}
