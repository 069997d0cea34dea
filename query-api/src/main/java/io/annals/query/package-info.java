/// Reads: one log over both tiers, search, and time travel.
///
/// Start at [TieredLog] (both tiers as one log), [FetchHandler] (what consumers ask),
/// [SearchService] (from request to answer: [QueryParser], [SearchPlanner], [ViewSearch]),
/// [LatestValues], and [io.annals.query.http.HttpServer].
///
/// Threading: everything public is thread-safe; work that blocks runs on virtual threads under a
/// bound, never on an event loop.
///
/// The query language is described in `docs/search.md`, the HTTP interface in `docs/http.md`.
@NullMarked
package io.annals.query;

import org.jspecify.annotations.NullMarked;
