/// Annals: ingest.
@NullMarked
package io.annals.ingest;

import org.jspecify.annotations.NullMarked;
