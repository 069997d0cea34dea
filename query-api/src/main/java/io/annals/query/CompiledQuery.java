package io.annals.query;

import org.apache.lucene.search.Query;

/// A query string as Lucene runs it.
///
/// @param source what was parsed
/// @param query scores by relevance
/// @param constraints implied by it
record CompiledQuery(QueryNode source, Query query, Constraints constraints) {}
