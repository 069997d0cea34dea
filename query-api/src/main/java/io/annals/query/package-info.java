/// Annals: query.
@NullMarked
package io.annals.query;

import org.jspecify.annotations.NullMarked;
