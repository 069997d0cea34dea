package io.annals.protocol;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;

/// A client that sees every byte: sends frames as it likes and reads responses one by one.
final class RawClient implements Closeable {
    private static final int TIMEOUT_MS = 10_000;

    private final Socket socket;
    private final DataInputStream in;
    private int nextCorrelationId = 1;

    RawClient(KafkaServer server) throws IOException {
        this(InetAddress.getLoopbackAddress(), server.port());
    }

    RawClient(InetAddress address, int port) throws IOException {
        socket = new Socket(address, port);
        socket.setSoTimeout(TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
    }

    record Response(int correlationId, AbstractResponse body) {}

    /// The bytes of a request with its length field, under the next correlation id.
    byte[] frame(AbstractRequest request) {
        ByteBuffer body =
                request.serializeWithHeader(
                        new RequestHeader(
                                request.apiKey(), request.version(), "raw", nextCorrelationId++));
        return ByteBuffer.allocate(4 + body.remaining()).putInt(body.remaining()).put(body).array();
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    void send(AbstractRequest request) throws IOException {
        send(frame(request));
    }

    Response receive(ApiKeys apiKey, short version) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        ResponseHeader header = ResponseHeader.parse(buffer, apiKey.responseHeaderVersion(version));
        return new Response(
                header.correlationId(),
                AbstractResponse.parseResponse(apiKey, new ByteBufferAccessor(buffer), version));
    }

    Response call(AbstractRequest request) throws IOException {
        send(request);
        return receive(request.apiKey(), request.version());
    }

    /// Whether the server ends the connection without a further byte.
    boolean isClosedByServer() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException | EOFException _) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
