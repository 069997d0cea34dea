/// End-to-end measurements: real servers as processes, stock clients beside them, peers in the same
/// run.
///
/// Start at [Bench] (the command line), [io.annals.compatibility.peer.Peer] (what is measured) and
/// [LoadGenerator] (a JVM of its own).
@NullMarked
package io.annals.benchmarks.e2e;

import org.jspecify.annotations.NullMarked;
