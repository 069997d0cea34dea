/// The command line: `bin/annals server` and the commands for people.
///
/// Start at [Main] (the process and its exit codes) and [ServerCommand] (runs a node); every other
/// command talks to a running server over HTTP or the Kafka protocol, or reads a data directory
/// that no server uses.
///
/// Threading: a command runs on the main thread.
@NullMarked
package io.annals.server.cli;

import org.jspecify.annotations.NullMarked;
