package io.annals.query.http;

import java.io.IOException;

/// Seals and archives what is hot, on request.
@FunctionalInterface
public interface Sealer {

    /// Returns when everything that was acknowledged before the call is archived and searchable
    /// there.
    void sealAndArchive() throws IOException, InterruptedException;
}
