package io.annals.protocol;

/// Who this broker is. A client that took it for another one, because addresses were reused or
/// routed elsewhere, hears so and starts again from its bootstrap addresses (KIP-1242).
public record BrokerIdentity(String clusterId, int nodeId) {}
