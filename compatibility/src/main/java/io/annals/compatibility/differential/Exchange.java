package io.annals.compatibility.differential;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.common.protocol.ApiKeys;

/// One request and what became of it.
///
/// @param request decoded, for the report
/// @param answer decoded; or a text: `closed` if the server closed the connection, `silent` if it
///   did not answer in time
record Exchange(ApiKeys api, short version, String request, JsonNode answer) {}
