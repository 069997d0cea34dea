/// Annals: benchmarks.
@NullMarked
package io.annals.benchmarks;

import org.jspecify.annotations.NullMarked;
