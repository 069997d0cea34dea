package io.annals.ingest.group;

import io.annals.protocol.RequestContext;
import java.net.InetAddress;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/// Who asked, as Kafka's coordinator wants to know it. It uses the client's id, its address and the
/// API's version.
record Caller(ApiKeys apiKey, RequestContext context) implements AuthorizableRequestContext {

    @Override
    public String listenerName() {
        return SecurityProtocol.PLAINTEXT.name;
    }

    @Override
    public SecurityProtocol securityProtocol() {
        return SecurityProtocol.PLAINTEXT;
    }

    @Override
    public KafkaPrincipal principal() {
        return KafkaPrincipal.ANONYMOUS;
    }

    @Override
    public InetAddress clientAddress() {
        return context.clientAddress();
    }

    @Override
    public int requestType() {
        return apiKey.id;
    }

    @Override
    public int requestVersion() {
        return context.apiVersion();
    }

    @Override
    public String clientId() {
        return context.clientId().orElse("");
    }

    /// Not known here, and not used by the coordinator.
    @Override
    public int correlationId() {
        return 0;
    }
}
