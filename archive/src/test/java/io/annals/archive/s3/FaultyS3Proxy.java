package io.annals.archive.s3;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A test fixture: stands in front of an S3 server and fails as networks and busy stores do. Which
/// requests fail is random from a seed; how they fail goes round, so that each fault that could do
/// harm to a kind of request has happened before one of them happens again. One request per
/// connection. Thread-safe.
public final class FaultyS3Proxy implements AutoCloseable {
    private static final String END_OF_HEAD = "\r\n\r\n";
    private static final byte[] CREATED =
            ascii("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close" + END_OF_HEAD);
    private static final Duration SLOWNESS = Duration.ofMillis(30);

    private final URI server;
    private final ServerSocket socket;
    private final Random random;
    private final Map<Fault, Integer> injected = new EnumMap<>(Fault.class);

    /// Of each kind of request, by method: how it has not failed yet in this round.
    private final Map<String, List<Fault>> rounds = new HashMap<>();

    private long requestCount;
    private long lostPuts;
    private List<Fault> possible = List.of(Fault.values());
    private Duration slowness = SLOWNESS;
    private double probability;
    private double staleShare;
    private long staleCount;
    private boolean lies;
    private @Nullable String careless;
    private Consumer<String> overwriting = _ -> {};
    private boolean away;
    private @Nullable String refusal;

    /// What was last answered to each listing.
    private final Map<String, byte[]> listings = new ConcurrentHashMap<>();

    /// What can go wrong with one request.
    public enum Fault {
        STATUS_500,
        STATUS_503,
        STATUS_429,
        SLOW_BODY,
        /// The connection ends in the middle of the answer.
        SHORT_BODY,
        /// One bit of an object's bytes is wrong, on its way from the server.
        WRONG_BODY,
        /// One bit of an object's bytes is wrong, on its way to the server.
        WRONG_UPLOAD,
        /// The connection is reset, and the server never got the request.
        RESET_BEFORE,
        /// The server did what was asked, and its answer is lost.
        LOST_ANSWER;

        private boolean canHarm(String head) {
            return switch (this) {
                case SHORT_BODY -> head.startsWith("GET ");
                case WRONG_BODY -> isRanged(head);
                case WRONG_UPLOAD -> head.startsWith("PUT ") && contentLength(head) > 0;
                case STATUS_500, STATUS_503, STATUS_429, SLOW_BODY, RESET_BEFORE, LOST_ANSWER ->
                        true;
            };
        }
    }

    public FaultyS3Proxy(URI server, long seed) throws IOException {
        this.server = server;
        this.random = new Random(seed);
        this.socket = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("faulty-s3").start(this::accept);
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    /// From now on this share of the requests fails.
    public synchronized void fail(double share) {
        probability = share;
    }

    /// From now on these faults only.
    public synchronized void only(Fault... faults) {
        possible = List.of(faults);
        rounds.clear();
    }

    /// From now on slow bodies rest this long in the middle.
    public synchronized void slowness(Duration rest) {
        slowness = rest;
    }

    /// From now on a put whose condition does not hold is answered as if it had been done.
    public synchronized void lie() {
        lies = true;
    }

    /// From now on a put into this bucket whose condition does not hold overwrites what is there.
    ///
    /// @param remover deletes the object of this key, prefix included
    public synchronized void ignoreConditions(String bucket, Consumer<String> remover) {
        careless = bucket;
        overwriting = remover;
    }

    /// From now on this share of the listings is answered as the same listing was before: without
    /// what is new, and with what was deleted.
    public synchronized void staleListings(double share) {
        staleShare = share;
    }

    /// How many listings were stale.
    public synchronized long staleListings() {
        return staleCount;
    }

    /// While it is away every connection is reset at once.
    public synchronized void away(boolean isAway) {
        away = isAway;
    }

    /// From now on every request is refused with this status and code of S3.
    public synchronized void refuse(int status, String code) {
        refusal = ascii(error(status, code));
    }

    /// From now on requests are refused no more.
    public synchronized void letIn() {
        refusal = null;
    }

    /// How often each fault had an effect: a body can be short or wrong only where there is one.
    public synchronized Map<Fault, Integer> injected() {
        return new EnumMap<>(injected);
    }

    /// How many requests came, failed ones too.
    public synchronized long requests() {
        return requestCount;
    }

    /// How many writes the server did without its answer getting through.
    public synchronized long lostPuts() {
        return lostPuts;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            if (isAway()) {
                client.setSoLinger(true, 0);
                return;
            }
            String head = head(client.getInputStream());
            if (head.toLowerCase(Locale.ROOT).contains("expect: 100-continue")) {
                write(client, ascii("HTTP/1.1 100 Continue" + END_OF_HEAD));
            }
            byte[] body = client.getInputStream().readNBytes(contentLength(head));
            String refused = refusal();
            if (refused != null) {
                write(client, ascii(refused));
                return;
            }
            Fault fault = next(head);
            if (fault == null) {
                write(client, forward(head, body));
            } else if (inject(fault, client, head, body)) {
                count(fault);
            }
        } catch (IOException gone) {
            return; // as the client will notice
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// @return whether that could do any harm
    private boolean inject(Fault fault, Socket client, String head, byte[] body)
            throws IOException, InterruptedException {
        return switch (fault) {
            case STATUS_500 -> write(client, error(500, "InternalError"));
            case STATUS_503 -> write(client, error(503, "SlowDown"));
            case STATUS_429 -> write(client, error(429, "TooManyRequests"));
            case RESET_BEFORE -> {
                client.setSoLinger(true, 0);
                yield true;
            }
            case LOST_ANSWER -> {
                countLostPut(head, forward(head, body));
                client.setSoLinger(true, 0);
                yield true;
            }
            case SLOW_BODY -> {
                byte[] answer = forward(head, body);
                int half = answer.length / 2;
                write(client, Arrays.copyOf(answer, half));
                Thread.sleep(slowness());
                yield write(client, Arrays.copyOfRange(answer, half, answer.length));
            }
            case SHORT_BODY -> {
                byte[] answer = forward(head, body);
                int at = bodyStart(answer);
                write(client, Arrays.copyOf(answer, at + (answer.length - at) / 2));
                yield at < answer.length;
            }
            case WRONG_UPLOAD -> {
                flip(body, 0);
                yield write(client, forward(head, body));
            }
            case WRONG_BODY -> {
                byte[] answer = forward(head, body);
                boolean isFlipped = flip(head, answer);
                write(client, answer);
                yield isFlipped;
            }
        };
    }

    private synchronized void countLostPut(String head, byte[] answer) {
        if (!head.startsWith("GET ")
                && !head.startsWith("HEAD ")
                && ascii(answer).startsWith("HTTP/1.1 200")) {
            lostPuts++;
        }
    }

    private synchronized Duration slowness() {
        return slowness;
    }

    private synchronized @Nullable Fault next(String head) {
        requestCount++;
        if (random.nextDouble() >= probability) {
            return null;
        }
        String kind = isRanged(head) ? "range" : head.substring(0, head.indexOf(' '));
        List<Fault> round = rounds.computeIfAbsent(kind, _ -> new ArrayList<>());
        if (round.isEmpty()) {
            possible.stream().filter(fault -> fault.canHarm(head)).forEach(round::add);
        }
        return round.isEmpty() ? null : round.remove(random.nextInt(round.size()));
    }

    private synchronized void count(Fault fault) {
        injected.merge(fault, 1, Integer::sum);
    }

    /// The whole answer of the server.
    private byte[] forward(String head, byte[] body) throws IOException {
        byte[] answer = send(head, body);
        if (head.startsWith("GET ") && head.contains("list-type=2")) {
            return listed(head.substring(0, head.indexOf('\r')), answer);
        }
        if (!ascii(answer).startsWith("HTTP/1.1 412")) {
            return answer;
        }
        if (isCareless(head)) {
            remover().accept(path(head).split("/", 3)[2]);
            return send(head, body);
        }
        return isLying() ? CREATED : answer;
    }

    private byte[] send(String head, byte[] body) throws IOException {
        StringBuilder request = new StringBuilder();
        for (String line : head.split("\r\n")) {
            String name = line.toLowerCase(Locale.ROOT);
            if (!name.startsWith("expect:") && !name.startsWith("connection:")) {
                request.append(line).append("\r\n");
            }
        }
        request.append("Connection: close").append(END_OF_HEAD);
        try (Socket upstream = new Socket(server.getHost(), server.getPort())) {
            upstream.getOutputStream().write(ascii(request.toString()));
            upstream.getOutputStream().write(body);
            upstream.getOutputStream().flush();
            return upstream.getInputStream().readAllBytes();
        }
    }

    private synchronized boolean isCareless(String head) {
        return careless != null && path(head).startsWith("/" + careless + "/");
    }

    private synchronized Consumer<String> remover() {
        return overwriting;
    }

    private static String path(String head) {
        int from = head.indexOf(' ') + 1;
        String target = head.substring(from, head.indexOf(' ', from));
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    private byte[] listed(String request, byte[] answer) {
        byte[] before = listings.put(request, answer);
        synchronized (this) {
            if (before == null || random.nextDouble() >= staleShare) {
                return answer;
            }
            staleCount++;
            return before;
        }
    }

    private synchronized boolean isAway() {
        return away;
    }

    private synchronized @Nullable String refusal() {
        return refusal;
    }

    private synchronized boolean isLying() {
        return lies;
    }

    /// Only bytes of objects: a listing has nothing that could tell.
    private synchronized boolean flip(String head, byte[] answer) {
        int at = bodyStart(answer);
        if (isRanged(head) && ascii(answer).startsWith("HTTP/1.1 206") && answer.length > at) {
            flip(answer, at);
            return true;
        }
        return false;
    }

    private synchronized void flip(byte[] bytes, int from) {
        bytes[from + random.nextInt(bytes.length - from)] ^= (byte) (1 << random.nextInt(8));
    }

    private static boolean isRanged(String head) {
        return head.startsWith("GET ") && head.contains("\r\nRange: ");
    }

    private static int bodyStart(byte[] answer) {
        int end = ascii(answer).indexOf(END_OF_HEAD);
        return end < 0 ? answer.length : end + END_OF_HEAD.length();
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith(END_OF_HEAD)) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("no request");
            }
            head.write(next);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static int contentLength(String head) {
        for (String line : head.split("\r\n")) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                return Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        return 0;
    }

    private static byte[] error(int status, String code) {
        String body = "<Error><Code>%s</Code><Message>injected</Message></Error>".formatted(code);
        return ascii(
                ("HTTP/1.1 %d injected\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n"
                                + "Connection: close%s%s")
                        .formatted(status, body.length(), END_OF_HEAD, body));
    }

    private static boolean write(Socket client, byte[] bytes) throws IOException {
        OutputStream out = client.getOutputStream();
        out.write(bytes);
        out.flush();
        return true;
    }

    private static String ascii(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
