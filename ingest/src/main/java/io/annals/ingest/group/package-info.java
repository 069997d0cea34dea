/// Consumer groups: Kafka's own group coordinator, run over our log.
///
/// Start at [GroupCoordination] (everything wired, and when it starts), [CoordinatorLog] (where the
/// coordinator writes), [CoordinatorReplay] (how its state comes back) and the handlers
/// [MembershipApis], [OffsetApis], [CoordinatorLookup].
///
/// Threading: requests are handed to the coordinator's own threads, which share no lock with
/// produce and fetch; what they write goes through the same queue of the log as everybody's
/// records. Handlers never block.
///
/// Why Kafka's coordinator: `docs/adr/0067-kafkas-own-group-coordinator.md`. Its state:
/// [io.annals.ingest.internal].
@NullMarked
package io.annals.ingest.group;

import org.jspecify.annotations.NullMarked;
