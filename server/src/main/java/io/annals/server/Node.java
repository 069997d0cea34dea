package io.annals.server;

import io.annals.protocol.HostAndPort;

/// One running server: everything wired in start order, closed in reverse.
public final class Node implements AutoCloseable {
    private final DataDirectory dataDirectory;

    private Node(DataDirectory dataDirectory) {
        this.dataDirectory = dataDirectory;
    }

    /// Starts a node and returns when it serves.
    public static Node start(Settings settings) throws StartException {
        return new Node(DataDirectory.open(settings.dataDirectory()));
    }

    public HostAndPort kafkaAddress() {
        return new HostAndPort("127.0.0.1", 0);
    }

    public HostAndPort httpAddress() {
        return new HostAndPort("127.0.0.1", 0);
    }

    @Override
    public void close() throws java.io.IOException {
        dataDirectory.close();
    }
}
