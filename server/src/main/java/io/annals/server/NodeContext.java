package io.annals.server;

import io.annals.registry.LeaseRequest;
import java.time.Clock;

/// What the parts of a node are wired with. The lifecycle closes what was started, in reverse.
record NodeContext(
        Settings settings,
        Clock clock,
        Lifecycle lifecycle,
        NodeMetrics metrics,
        NodeHealth health,
        LeaseRequest lease) {}
