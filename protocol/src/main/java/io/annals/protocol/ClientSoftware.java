package io.annals.protocol;

/// What a client says it is (KIP-511): letters, digits, dots and dashes, as Kafka demands.
public record ClientSoftware(String name, String version) {}
