/// The Kafka front door: framing, request order, dispatch, response encoding. Knows no file and no
/// index.
///
/// Start at [RequestHandler] (what `ingest` and `query-api` implement, one per API key),
/// [KafkaServer] (listens and dispatches) and [RecordSlices] (record bytes on their way out, by
/// reference).
///
/// Threading: a connection belongs to one Netty event loop; handlers must not block it.
///
/// The codec is kafka-clients' own request and response classes
/// (`docs/adr/0002-kafka-clients-as-codec.md`).
@NullMarked
package io.annals.protocol;

import org.jspecify.annotations.NullMarked;
