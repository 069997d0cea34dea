/// Nothing here is shipped: Annals and Apache Kafka side by side under the same clients.
///
/// Start at [Compat] (the command line) and [Sides] (both servers).
@NullMarked
package io.annals.compatibility;

import org.jspecify.annotations.NullMarked;
