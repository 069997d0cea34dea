package io.annals.compatibility.differential;

import java.io.IOException;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;

/// What is said to a server, request by request. Held with each server separately and in the same
/// way: it may use what that server answered (member ids, topic ids), nothing else may vary.
interface Dialogue {
    String name();

    /// What both servers must serve for this to make sense.
    Set<ApiKeys> needs();

    void hold(Conversation conversation) throws IOException, InterruptedException;
}
