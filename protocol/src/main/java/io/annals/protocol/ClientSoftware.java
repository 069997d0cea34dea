package io.annals.protocol;

import java.util.Optional;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiVersionsRequest;

/// What a client says it is (KIP-511): letters, digits, dots and dashes, as Kafka demands.
public record ClientSoftware(String name, String version) {
    private static final short FIRST_VERSION_THAT_TELLS = 3;

    /// Empty if this request does not tell, or tells what is not allowed.
    static Optional<ClientSoftware> toldBy(AbstractRequest request) {
        return request instanceof ApiVersionsRequest versions
                        && versions.version() >= FIRST_VERSION_THAT_TELLS
                        && versions.isValid()
                ? Optional.of(
                        new ClientSoftware(
                                versions.data().clientSoftwareName(),
                                versions.data().clientSoftwareVersion()))
                : Optional.empty();
    }
}
