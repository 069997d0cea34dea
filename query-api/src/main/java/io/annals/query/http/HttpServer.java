package io.annals.query.http;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.QueryParams;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.annals.query.LatestValues;
import io.annals.query.QueryTopics;
import io.annals.query.RefusedException;
import io.annals.query.RefusedException.Reason;
import io.annals.query.SearchService;
import io.annals.query.TieredLog;
import io.annals.registry.Registry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// The HTTP interface of a node. Start it with a [Builder]; thread-safe.
///
/// Event loops only take requests and send answers; each request runs on a virtual thread of its
/// own. Everything from outside is bounded: request line, body, connections, requests at a time.
public final class HttpServer implements AutoCloseable {
    private static final int MAX_BODY_BYTES = 1 << 16; // 64 KiB; only queries take a body

    private static final int MAX_HEADER_BYTES = 8 << 10; // besides the URL

    private final Server server;
    private final ExecutorService threads;
    private final int port;

    private HttpServer(Server server, ExecutorService threads, int port) {
        this.server = server;
        this.threads = threads;
        this.port = port;
    }

    public static Builder builder(HttpConfig config) {
        return new Builder(config);
    }

    /// The port it listens on.
    public int port() {
        return port;
    }

    /// Takes no more requests, and ends when those under way are answered or their time is over.
    @Override
    public void close() {
        server.stop().join();
        threads.shutdown();
    }

    /// Collects the routes. Confined to one thread.
    public static final class Builder {
        private final HttpConfig config;
        private final List<Served> routes = new ArrayList<>();

        private Builder(HttpConfig config) {
            this.config = config;
        }

        private record Served(HttpMethod method, String path, Endpoint endpoint, boolean counted) {}

        public Builder search(SearchService service) {
            return get(SearchEndpoint.ROUTE, new SearchEndpoint(service));
        }

        public Builder latest(LatestValues latestValues) {
            return get(LatestEndpoint.ROUTE, new LatestEndpoint(latestValues));
        }

        /// Records, topics and segments.
        public Builder log(Registry registry, TieredLog log) {
            return log(registry, log, Optional.empty());
        }

        /// With what only this server has of them.
        public Builder log(Registry registry, TieredLog log, Optional<SegmentListing.Local> local) {
            CatalogueEndpoints catalogue = new CatalogueEndpoints(registry, log, local);
            get(RecordsEndpoint.ROUTE, new RecordsEndpoint(registry, log));
            get(CatalogueEndpoints.TOPICS_ROUTE, catalogue::topics);
            return get(CatalogueEndpoints.SEGMENTS_ROUTE, catalogue::segments);
        }

        /// Queries that are read as topics.
        public Builder queries(QueryTopics queries) {
            QueriesEndpoints endpoints = new QueriesEndpoints(queries);
            get(QueriesEndpoints.ROUTE, endpoints::list);
            get(QueriesEndpoints.ONE_ROUTE, endpoints::one);
            routes.add(new Served(HttpMethod.POST, QueriesEndpoints.ROUTE, endpoints::open, true));
            routes.add(
                    new Served(
                            HttpMethod.DELETE, QueriesEndpoints.ONE_ROUTE, endpoints::close, true));
            return this;
        }

        public Builder sealer(Sealer sealer, Registry registry) {
            SealEndpoint endpoint = new SealEndpoint(sealer, registry);
            routes.add(new Served(HttpMethod.POST, SealEndpoint.ROUTE, endpoint, false));
            return this;
        }

        /// A page about the server itself, such as `/health/live`: answered however busy it is.
        public Builder status(String path, Endpoint endpoint) {
            routes.add(new Served(HttpMethod.GET, path, endpoint, false));
            return this;
        }

        private Builder get(String path, Endpoint endpoint) {
            routes.add(new Served(HttpMethod.GET, path, endpoint, true));
            return this;
        }

        /// Listens.
        ///
        /// @throws IOException if the port is taken or the host is not ours
        public HttpServer start() throws IOException {
            InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
            if (address.isUnresolved()) {
                throw new IOException("host name %s cannot be resolved".formatted(config.host()));
            }
            ExecutorService threads =
                    Executors.newThreadPerTaskExecutor(
                            Thread.ofVirtual().name("http-", 0).factory());
            Semaphore places = new Semaphore(config.maxConcurrentRequests());
            ServerBuilder builder =
                    Server.builder()
                            .http(address)
                            .requestTimeoutMillis(0) // each endpoint keeps its own
                            .maxRequestLength(MAX_BODY_BYTES)
                            .http1MaxInitialLineLength(config.maxUrlBytes())
                            .http2MaxHeaderListSize(config.maxUrlBytes() + MAX_HEADER_BYTES)
                            .maxNumConnections(config.maxConnections())
                            .gracefulShutdownTimeout(java.time.Duration.ZERO, config.stopTimeout())
                            .errorHandler(new ProblemErrorHandler());
            for (Served route : routes) {
                builder.service(
                        Route.builder().path(route.path()).methods(route.method()).build(),
                        (context, request) ->
                                HttpResponse.of(
                                        request.aggregate()
                                                .thenApplyAsync(
                                                        whole ->
                                                                respond(
                                                                        route,
                                                                        call(context, whole),
                                                                        places),
                                                        threads)));
            }
            Server server = builder.build();
            try {
                server.start().join();
            } catch (CompletionException e) {
                threads.shutdown();
                throw new IOException(
                        "cannot listen on %s: %s".formatted(address, e.getCause()), e.getCause());
            }
            return new HttpServer(server, threads, server.activeLocalPort());
        }

        private HttpResponse respond(Served route, Call call, Semaphore places) {
            if (route.counted() && !places.tryAcquire()) {
                return response(
                        Problem.of(
                                new RefusedException(
                                        Reason.TOO_BUSY,
                                        "",
                                        "%d requests are under way, no more are allowed"
                                                .formatted(config.maxConcurrentRequests()))));
            }
            try {
                return response(route.endpoint().answer(call), false);
            } catch (Exception e) {
                return response(Problem.of(e));
            } finally {
                if (route.counted()) {
                    places.release();
                }
            }
        }
    }

    private static Call call(ServiceRequestContext context, AggregatedHttpRequest request) {
        Map<String, List<String>> query = new HashMap<>();
        QueryParams parameters = context.queryParams();
        parameters.names().forEach(name -> query.put(name, parameters.getAll(name)));
        return new Call(context.pathParams(), query, request.content().array());
    }

    private static HttpResponse response(Problem problem) {
        return response(problem.answer(), problem.isTransient());
    }

    private static HttpResponse response(Answer answer, boolean retry) {
        return HttpResponse.of(headers(answer, retry), HttpData.wrap(answer.body()));
    }

    private static ResponseHeaders headers(Answer answer, boolean retry) {
        ResponseHeadersBuilder headers =
                ResponseHeaders.builder(HttpStatus.valueOf(answer.status()))
                        .contentType(MediaType.parse(answer.mediaType()))
                        .add("x-content-type-options", "nosniff");
        if (retry) {
            headers.addInt(HttpHeaderNames.RETRY_AFTER, 1);
        }
        return headers.build();
    }

    /// Problem details for what is wrong before a route is reached: no such route, wrong method,
    /// too long.
    private static final class ProblemErrorHandler implements ServerErrorHandler {
        @Override
        public @Nullable HttpResponse onServiceException(
                ServiceRequestContext context, Throwable cause) {
            return null; // rendered by renderStatus
        }

        @Override
        public AggregatedHttpResponse renderStatus(
                @Nullable ServiceRequestContext context,
                ServiceConfig config,
                @Nullable RequestHeaders request,
                HttpStatus status,
                @Nullable String description,
                @Nullable Throwable cause) {
            String detail =
                    switch (status.code()) {
                        case 404 -> "there is no such resource; see docs/http.md";
                        case 405 -> "the method is not allowed here; see docs/http.md";
                        default -> description == null ? status.reasonPhrase() : description;
                    };
            Answer answer =
                    Problem.of(
                                    status.code(),
                                    "http-" + status.code(),
                                    status.reasonPhrase(),
                                    detail)
                            .answer();
            return AggregatedHttpResponse.of(headers(answer, false), HttpData.wrap(answer.body()));
        }
    }
}
