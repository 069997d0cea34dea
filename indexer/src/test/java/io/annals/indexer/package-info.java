@NullMarked
package io.annals.indexer;

import org.jspecify.annotations.NullMarked;
