/// The HTTP interface: JSON answers, problem details, bounds.
///
/// Start at [HttpServer] (routes and lifecycle), [SearchEndpoint] (parameters of a search) and
/// [Problem] (how errors look).
///
/// Threading: event loops only dispatch; every request runs on a virtual thread of its own, so many
/// at a time and no more.
///
/// Routes, parameters and answers are described in `docs/http.md`.
@NullMarked
package io.annals.query.http;

import org.jspecify.annotations.NullMarked;
