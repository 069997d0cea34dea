package io.annals.server;

import static io.annals.server.SettingDefinitions.GIB;
import static io.annals.server.SettingDefinitions.MIB;

import io.annals.indexer.LiveIndexSettings;
import io.annals.protocol.HostAndPort;
import io.annals.query.QueryLimits;
import io.annals.query.SearchLimits;
import io.annals.query.http.HttpConfig;
import java.nio.file.Path;

/// Settings of the live index, of searches and of the HTTP API.
final class SearchSettings {
    private static final String HTTP_MAX_REQUESTS = "annals.http.max.requests";
    private static final String HTTP_MAX_CONNECTIONS = "annals.http.max.connections";
    private static final String LIVE_THREADS = "annals.live.threads";
    private static final String LIVE_REFRESH_MS = "annals.live.refresh.ms";
    private static final String LIVE_RAM_BYTES = "annals.live.ram.bytes";
    private static final String SEARCH_READERS = "annals.search.readers";
    private static final String SEARCH_PARALLELISM = "annals.search.parallelism";
    private static final String SEARCH_MAX_PAGE_BYTES = "annals.search.max.page.bytes";

    private SearchSettings() {}

    static void define(SettingDefinitions definitions) {
        definitions.section("Search and the HTTP API");
        definitions.integer(
                LIVE_THREADS,
                0,
                0,
                256,
                "Threads that index the hot tail; 0 is half the processors.");
        definitions.number(
                LIVE_REFRESH_MS,
                250,
                10,
                60_000,
                "New records of a topic are made searchable at most this often.");
        definitions.number(
                LIVE_RAM_BYTES,
                32 * MIB,
                MIB,
                GIB,
                "Memory for the documents of one topic's hot tail before they go to `live`.");
        definitions.integer(SEARCH_READERS, 2_048, 1, 100_000, "Index splits kept open.");
        definitions.integer(
                SEARCH_PARALLELISM,
                64,
                1,
                1024,
                "Indexes and records that all searches together read at the same time.");
        definitions.number(
                SEARCH_MAX_PAGE_BYTES,
                32 * MIB,
                MIB,
                GIB,
                "Keys, values and headers of one page of hits; a page ends early when it is"
                        + " reached.");
        definitions.integer(
                HTTP_MAX_REQUESTS,
                64,
                1,
                10_000,
                "Requests of the HTTP API at one time; more are refused with 429.");
        definitions.integer(
                HTTP_MAX_CONNECTIONS,
                1_024,
                1,
                1_000_000,
                "Connections to the HTTP API at one time; more are closed at once.");
    }

    static SearchLimits of(Settings settings) {
        return new SearchLimits(
                QueryLimits.DEFAULT,
                settings.integer(SEARCH_PARALLELISM),
                settings.number(SEARCH_MAX_PAGE_BYTES));
    }

    static LiveIndexSettings live(Settings settings, Path folder) {
        LiveIndexSettings defaults = LiveIndexSettings.defaults(folder);
        return new LiveIndexSettings(
                folder,
                settings.orElse(LIVE_THREADS, defaults.threads()),
                settings.millis(LIVE_REFRESH_MS),
                defaults.slice(),
                settings.number(LIVE_RAM_BYTES),
                defaults.generationBytes(),
                defaults.leaveBytes(),
                defaults.leaveTime(),
                SettingDefinitions.LARGEST_BATCH_BYTES,
                defaults.limits());
    }

    static int readers(Settings settings) {
        return settings.integer(SEARCH_READERS);
    }

    static HttpConfig http(Settings settings) {
        HostAndPort address = FrontDoorSettings.httpListener(settings);
        HttpConfig defaults = HttpConfig.of(address.host(), address.port());
        return new HttpConfig(
                address.host(),
                address.port(),
                settings.integer(HTTP_MAX_REQUESTS),
                settings.integer(HTTP_MAX_CONNECTIONS),
                defaults.maxUrlBytes(),
                defaults.stopTimeout());
    }
}
