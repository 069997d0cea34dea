/// The differential test: the same request bytes to Apache Kafka and to Annals, the answers
/// compared field by field.
///
/// Start at [Differential]; a [Dialogue] is what is said, a [Conversation] says it to one server, a
/// [Comparison] sets the two transcripts side by side, [DeclaredDifferences] lists what may differ.
@NullMarked
package io.annals.compatibility.differential;

import org.jspecify.annotations.NullMarked;
