package io.annals.indexer;

import java.io.IOException;
import java.util.function.BooleanSupplier;

/// Ends long work when the server ends.
///
/// @param isClosing whether it does
record Closing(BooleanSupplier isClosing) {

    /// @throws IOException if it is time to stop; what is half done is done again at the next start
    void check() throws IOException {
        if (isClosing.getAsBoolean()) {
            throw new IOException("stopped with the server");
        }
    }
}
