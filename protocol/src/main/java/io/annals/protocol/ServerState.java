package io.annals.protocol;

/// What all connections of one server share.
record ServerState(
        KafkaServerConfig config,
        RequestHandlers handlers,
        FrontDoorListener listener,
        ByteBudget budget) {}
