package io.annals.protocol;

/// Listens for Kafka clients. Under construction.
final class KafkaServer {
    private KafkaServer() {}
}
