package io.annals.compatibility.clients;

import io.annals.compatibility.peer.Peer;
import java.nio.file.Path;

/// The server that a scenario runs against.
///
/// @param sealUrl where a POST moves what is hot into the archive; empty if there is no such thing
/// @param scratch an empty folder for this run
public record Side(Peer peer, String sealUrl, Path scratch) {
    String bootstrap() {
        return peer.bootstrap();
    }
}
