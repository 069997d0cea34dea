package io.annals.compatibility.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;

/// Talks to one server over one plain socket at a time and writes down what was said. When the
/// server closes the connection or does not answer, the next request goes over a new one. Confined
/// to one thread.
final class Conversation implements AutoCloseable {
    private static final int PATIENCE_MS = 3_000;
    private static final int LARGEST_ANSWER = 64 << 20;
    private static final int MOST_TRIES = 100;
    private static final int SETTLE_MS = 40;
    private static final short METADATA_VERSION = 12;

    private final String host;
    private final int port;
    private final ServedVersions served;
    private final List<Exchange> transcript = new ArrayList<>();
    private final Map<String, String> names = new HashMap<>();
    private @Nullable Socket socket;
    private int correlationId;

    /// @param served what both servers can be asked
    Conversation(String bootstrap, ServedVersions served) {
        int colon = bootstrap.lastIndexOf(':');
        this.host = bootstrap.substring(0, colon);
        this.port = Integer.parseInt(bootstrap.substring(colon + 1));
        this.served = served;
    }

    /// What a server said, and what is written down of it: ids that it drew are not.
    private record Answer(JsonNode said, JsonNode written) {

        static Answer of(String outcome) {
            TextNode text = TextNode.valueOf(outcome);
            return new Answer(text, text);
        }
    }

    List<Exchange> transcript() {
        return transcript;
    }

    /// From now on `value` (an id that a server drew) is written down as `name`.
    void call(String value, String name) {
        names.put(value, name);
    }

    /// Sends `message` in the newest version that both serve.
    JsonNode ask(ApiMessage message) throws IOException {
        return ask(message, served.newest(ApiKeys.forId(message.apiKey())));
    }

    /// Sends `message` in every version that both serve and that can say it.
    void askInEveryVersion(ApiMessage message) throws IOException {
        for (short version : served.of(ApiKeys.forId(message.apiKey()))) {
            try {
                ask(message, version);
            } catch (UnsupportedVersionException _) {
                // a field of this message does not exist in this version
            }
        }
    }

    JsonNode ask(ApiMessage message, short version) throws IOException {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer body = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(body), cache, version);
        return ask(ApiKeys.forId(message.apiKey()), version, body.flip(), message.toString());
    }

    JsonNode ask(ApiKeys api, short version, Struct message) throws IOException {
        ByteBuffer body = ByteBuffer.allocate(message.sizeOf());
        message.writeTo(body);
        return ask(api, version, body.flip(), message.toString());
    }

    /// Sends any bytes as the body of a request.
    JsonNode ask(ApiKeys api, short version, ByteBuffer body, String described) throws IOException {
        Answer answer;
        try {
            int sent = send(api, version, body);
            answer = receive(api, version, sent);
        } catch (SocketTimeoutException _) {
            disconnect();
            answer = Answer.of("silent");
        } catch (IOException _) {
            disconnect();
            answer = Answer.of("closed");
        }
        note(api, version, described, answer);
        return answer.said();
    }

    /// A whole request as it goes over the wire, to be spoiled.
    ByteBuffer frame(ApiMessage message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer body = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(body), cache, version);
        return frame(ApiKeys.forId(message.apiKey()), version, body.flip());
    }

    /// Sends the first bytes of a frame, and after a while, in which nothing may come, the rest.
    void inPieces(ApiKeys api, short version, ByteBuffer frame, int first)
            throws IOException, InterruptedException {
        write(frame.slice(0, first));
        settle();
        boolean early = connected().getInputStream().available() > 0;
        write(frame.slice(first, frame.remaining() - first));
        note(
                api,
                version,
                "first %d of %d bytes".formatted(first, frame.remaining()),
                early ? Answer.of("early") : receive(api, version, correlationId));
    }

    /// Sends the first bytes of a frame and nothing more, ever.
    void broken(ByteBuffer frame, int first) throws IOException {
        disconnect();
        String outcome;
        try {
            write(frame.slice(0, first));
            connected().shutdownOutput();
            outcome = connected().getInputStream().read() < 0 ? "closed" : "answered";
        } catch (SocketTimeoutException _) {
            outcome = "silent";
        } catch (IOException _) {
            outcome = "closed";
        }
        disconnect();
        note(
                ApiKeys.API_VERSIONS,
                (short) 0,
                "nothing after %d bytes, length %d".formatted(first, frame.getInt(0)),
                Answer.of(outcome));
    }

    /// Sends the same frame many times in one write.
    void atOnce(ApiKeys api, short version, ByteBuffer frame, int times) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(frame.remaining() * times);
        for (int i = 0; i < times; i++) {
            all.put(frame.duplicate());
        }
        write(all.flip());
        for (int i = 0; i < times; i++) {
            note(api, version, "of many at once", receive(api, version, correlationId));
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        connected().getOutputStream().write(copy);
    }

    private void note(ApiKeys api, short version, String described, Answer answer) {
        transcript.add(new Exchange(api, version, described, answer.written()));
    }

    private int send(ApiKeys api, short version, ByteBuffer body) throws IOException {
        write(frame(api, version, body));
        return correlationId;
    }

    private ByteBuffer frame(ApiKeys api, short version, ByteBuffer body) {
        RequestHeader header = new RequestHeader(api, version, "differential", ++correlationId);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        int headerSize = header.data().size(cache, header.headerVersion());
        ByteBuffer frame = ByteBuffer.allocate(4 + headerSize + body.remaining());
        frame.putInt(headerSize + body.remaining());
        header.data().write(new ByteBufferAccessor(frame), cache, header.headerVersion());
        return frame.put(body.duplicate()).flip();
    }

    private Answer receive(ApiKeys api, short version, int sent) throws IOException {
        ByteBuffer answer = readFrame();
        int received = answer.getInt();
        if (received != sent) {
            return Answer.of("correlation id %d for %d".formatted(received, sent));
        }
        if (api.responseHeaderVersion(version) > 0) {
            answer.get(); // no tagged fields in any response header so far
        }
        return decode(api, version, answer);
    }

    private Answer decode(ApiKeys api, short version, ByteBuffer answer) {
        Schema[] schemas = api.messageType.responseSchemas();
        // ApiVersions is answered in version 0 when its version is not served.
        short readable =
                api == ApiKeys.API_VERSIONS && !api.isVersionSupported(version) ? 0 : version;
        try {
            Struct struct = schemas[readable].read(answer);
            return answer.hasRemaining()
                    ? Answer.of("bytes left over: " + answer.remaining())
                    : new Answer(
                            Decoded.verbatim().message(struct), new Decoded(names).message(struct));
        } catch (SchemaException | BufferUnderflowException e) {
            return Answer.of("undecodable: " + e.getMessage());
        }
    }

    private ByteBuffer readFrame() throws IOException {
        DataInputStream in = new DataInputStream(connected().getInputStream());
        int length = in.readInt();
        if (length < 4 || length > LARGEST_ANSWER) {
            throw new IOException("a frame of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private Socket connected() throws IOException {
        if (socket == null) {
            socket = new Socket(host, port);
            socket.setSoTimeout(PATIENCE_MS);
            socket.setTcpNoDelay(true);
        }
        return socket;
    }

    void disconnect() throws IOException {
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }

    /// Gives Kafka's controller time to tell its broker what it has just decided.
    void settle() throws InterruptedException {
        Thread.sleep(SETTLE_MS);
    }

    /// Creates a topic as the stage of a dialogue, with three records in partition 0.
    ///
    /// @return its id
    String stage(String topic, int partitions) throws IOException, InterruptedException {
        return stage(topic, partitions, Map.of());
    }

    /// As above, with settings.
    String stage(String topic, int partitions, Map<String, String> settings)
            throws IOException, InterruptedException {
        CreateTopicsRequestData.CreatableTopic staged =
                new CreateTopicsRequestData.CreatableTopic()
                        .setName(topic)
                        .setNumPartitions(partitions)
                        .setReplicationFactor((short) 1);
        settings.forEach((name, value) ->
                staged.configs()
                        .add(
                                new CreateTopicsRequestData.CreatableTopicConfig()
                                        .setName(name)
                                        .setValue(value)));
        CreateTopicsRequestData create = new CreateTopicsRequestData().setTimeoutMs(PATIENCE_MS);
        create.topics().add(staged);
        ask(create);
        settle();
        awaitLeaders(topic, partitions);
        String id = topicId(topic);
        ask(Requests.produce(topic, 0, Batches.of(Compression.NONE, 3)), (short) 9);
        return id;
    }

    /// Kafka's broker learns a little later than its controller which partitions it leads.
    private void awaitLeaders(String topic, int partitions)
            throws IOException, InterruptedException {
        ListOffsetsRequestData ends = Requests.listOffsets(topic, 0, -1);
        for (int i = 1; i < partitions; i++) {
            ends.topics()
                    .getFirst()
                    .partitions()
                    .add(
                            new ListOffsetsRequestData.ListOffsetsPartition()
                                    .setPartitionIndex(i)
                                    .setTimestamp(-1));
        }
        awaitAnswer(
                ends,
                served.newest(ApiKeys.LIST_OFFSETS),
                answer ->
                        answer.findValues("error_code").stream()
                                .allMatch(code -> code.asInt() == 0));
    }

    /// Asks until the answer is as wanted, or for some seconds; writes nothing down.
    void awaitAnswer(ApiMessage request, short version, Predicate<JsonNode> wanted)
            throws IOException, InterruptedException {
        for (int i = 0; i < MOST_TRIES; i++) {
            boolean arrived = wanted.test(ask(request, version));
            transcript.removeLast();
            if (arrived) {
                return;
            }
            settle();
        }
    }

    ServedVersions served() {
        return served;
    }

    /// The id of a topic, which from now on is written down as its name.
    String topicId(String topic) throws IOException {
        MetadataRequestData request = new MetadataRequestData().setAllowAutoTopicCreation(false);
        request.setTopics(List.of(new MetadataRequestData.MetadataRequestTopic().setName(topic)));
        JsonNode answer = ask(request, METADATA_VERSION);
        transcript.removeLast();
        String id = answer.path("topics").path(0).path("topic_id").asText();
        call(id, "<id of " + topic + ">");
        return id;
    }

    @Override
    public void close() throws IOException {
        disconnect();
    }
}
