/// Real clients under both servers: what each of them can do, and whether it notices the
/// difference.
///
/// Start at [Catalogue] (all scenarios) and [Scenario]; [Record] keeps what was seen,
/// [CompatibilityTable] makes the page in `docs/` from it.
@NullMarked
package io.annals.compatibility.clients;

import org.jspecify.annotations.NullMarked;
