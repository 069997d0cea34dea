/// The composition root: settings, wiring in start order, metrics, health, shutdown. No logic of
/// its own.
///
/// Start at [Node] (one running server), [SettingDefinitions] (every setting there is) and
/// [SettingsLoader] (file, environment, flags). The command line is in `io.annals.server.cli`.
///
/// Threading: a node is started and closed by one thread; what it starts has threads of its own.
///
/// Settings are described in `docs/configuration.md`, running it in `docs/operations.md`.
@NullMarked
package io.annals.server;

import org.jspecify.annotations.NullMarked;
