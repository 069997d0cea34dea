/// Test parts that need the indexer's inside.
@NullMarked
package io.annals.indexer;

import org.jspecify.annotations.NullMarked;
