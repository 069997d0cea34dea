/// Annals: server.
@NullMarked
package io.annals.server;

import org.jspecify.annotations.NullMarked;
