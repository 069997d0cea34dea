/// What a benchmark run leaves behind, and what is made of it: samples, the JSON record of a run,
/// the table of the newest runs, and the comparison that tells a loss from noise.
///
/// Start at [RunRecord] (one run), [RecordedRuns] (the folder of them), [PerformanceTable] and
/// [Guard]. Values only; nothing here starts or measures anything.
@NullMarked
package io.annals.benchmarks.results;

import org.jspecify.annotations.NullMarked;
