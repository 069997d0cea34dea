package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.Peer;
import java.io.IOException;

/// The server's processor time for a load, user and system: what tells servers apart where the load
/// itself is the bound. Taken when the load ends, so what a server puts off is not in it.
record ServerCpu(Peer peer, double before) {
    private static final Measure PER_GB =
            Measure.lower("server CPU per GB", "s").goal(Goal.ratio(Side.KAFKA, 1));
    private static final Measure PER_MILLION =
            Measure.lower("server CPU per million records", "s").goal(Goal.ratio(Side.KAFKA, 1));

    static ServerCpu of(Peer peer) throws IOException {
        return new ServerCpu(peer, peer.cpuSeconds());
    }

    /// @param what the case, `, ` before it
    void add(Results results, String what, Side side, Load load) throws IOException {
        double seconds = peer.cpuSeconds() - before;
        results.add(PER_GB.of(what), side.name(), seconds / (load.bytes() / 1e9));
        results.add(PER_MILLION.of(what), side.name(), seconds / (load.records() / 1e6));
    }
}
