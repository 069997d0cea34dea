package io.annals.protocol;

/// A host name or address, and a TCP port.
public record HostAndPort(String host, int port) {

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
