/// JMH benchmarks of single parts, each against the bare operation it wraps.
@NullMarked
package io.annals.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
