package io.annals.compatibility.clients;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/// One client and what it is made to do, the same against every server.
public interface Scenario {
    /// For the command line and the record; lower case.
    String name();

    /// What it is, with its version, for readers.
    String client();

    /// In the order in which they are tried. Each has one outcome.
    List<String> features();

    /// @return the outcome of each feature: a text that is the same for servers that behave the
    ///   same
    Map<String, String> run(Side side) throws IOException, InterruptedException;
}
