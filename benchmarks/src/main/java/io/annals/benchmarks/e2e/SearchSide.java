package io.annals.benchmarks.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.benchmarks.e2e.SearchCase.Drawn;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Peer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/// Where the same search is done: one request, one answer of 20 hits with their documents.
sealed interface SearchSide {
    String INDEX = "logs";
    ObjectMapper JSON = new ObjectMapper();

    String name();

    Peer peer();

    /// @return the answer, JSON
    String search(SearchCase what, Drawn drawn) throws IOException, InterruptedException;

    /// How many documents the answer says there are.
    long total(String answer) throws IOException;

    /// Annals over HTTP. Its totals are exact.
    record OfAnnals(AnnalsPeer peer) implements SearchSide {
        @Override
        public String name() {
            return Side.ANNALS;
        }

        @Override
        public String search(SearchCase what, Drawn drawn)
                throws IOException, InterruptedException {
            String query = URLEncoder.encode(what.annals().apply(drawn), StandardCharsets.UTF_8);
            return Http.get(peer.http() + "/v1/topics/" + INDEX + "/search?q=" + query);
        }

        @Override
        public long total(String answer) throws IOException {
            JsonNode root = JSON.readTree(answer);
            if (!root.at("/coverage/complete").asBoolean()) {
                throw new IOException("an incomplete answer: " + root.get("coverage"));
            }
            return root.at("/total/value").asLong();
        }
    }

    /// OpenSearch over HTTP.
    ///
    /// @param exact whether it counts all hits, as Annals does, or its default of 10,000
    record OfOpenSearch(OpenSearchPeer peer, boolean exact) implements SearchSide {
        @Override
        public String name() {
            return exact ? "opensearch, exact total" : "opensearch";
        }

        @Override
        public String search(SearchCase what, Drawn drawn)
                throws IOException, InterruptedException {
            return peer.search(
                    INDEX,
                    "{\"size\":20,\"sort\":[{\"ts\":\"desc\"}],%s\"query\":%s}"
                            .formatted(
                                    exact ? "\"track_total_hits\":true," : "",
                                    what.openSearch().apply(drawn)));
        }

        @Override
        public long total(String answer) throws IOException {
            return JSON.readTree(answer).at("/hits/total/value").asLong();
        }
    }
}
