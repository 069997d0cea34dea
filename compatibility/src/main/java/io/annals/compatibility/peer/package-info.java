/// Annals and Apache Kafka as processes: started, stopped and killed as an operator would.
///
/// Start at [Peer]; [Jars] fetches what is not part of the build.
@NullMarked
package io.annals.compatibility.peer;

import org.jspecify.annotations.NullMarked;
