package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.Peer;
import java.io.IOException;

/// The server's processor time for a load, user and system: what tells servers apart where the load
/// itself is the bound. Taken when the load ends, so what a server puts off is not in it.
record ServerCpu(Peer peer, double before, double extraBefore) {
    static ServerCpu of(Peer peer) throws IOException {
        return new ServerCpu(peer, peer.cpuSeconds(), peer.extraCpuSeconds());
    }

    /// @param what the case, `, ` before it
    void add(Results results, String what, Side side, Load load) throws IOException {
        add(results, "server CPU", what, side, load, peer.cpuSeconds() - before);
    }

    /// The same without the threads whose work the other servers do not do.
    void addServing(Results results, String what, Side side, Load load) throws IOException {
        double extra = peer.extraCpuSeconds() - extraBefore;
        add(
                results,
                "server CPU without archiving and live index",
                what,
                side,
                load,
                peer.cpuSeconds() - before - extra);
    }

    private static void add(
            Results results, String which, String what, Side side, Load load, double seconds) {
        results.add(
                measure(which + " per GB").of(what), side.name(), seconds / (load.bytes() / 1e9));
        results.add(
                measure(which + " per million records").of(what),
                side.name(),
                seconds / (load.records() / 1e6));
    }

    private static Measure measure(String name) {
        return Measure.lower(name, "s").goal(Goal.ratio(Side.KAFKA, 1));
    }
}
