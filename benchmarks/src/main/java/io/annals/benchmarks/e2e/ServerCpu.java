package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.Peer;
import java.io.IOException;

/// The server's processor time for a load, user and system: what tells servers apart where the load
/// itself is the bound. Taken when the load ends, so what a server puts off is not in it.
///
/// Once all of it, and once without the threads whose work the other servers do not do.
record ServerCpu(Peer peer, double before, double extraBefore) {
    private static final String ALL = "server CPU per ";
    private static final String SERVING = "server CPU without archiving and live index per ";

    static ServerCpu of(Peer peer) throws IOException {
        return new ServerCpu(peer, peer.cpuSeconds(), peer.extraCpuSeconds());
    }

    /// @param what the case, `, ` before it
    void add(Results results, String what, Side side, Load load) throws IOException {
        double seconds = peer.cpuSeconds() - before;
        double serving = seconds - (peer.extraCpuSeconds() - extraBefore);
        add(results, ALL, what, side, load, seconds);
        add(results, SERVING, what, side, load, serving);
    }

    private static void add(
            Results results, String which, String what, Side side, Load load, double seconds) {
        results.add(measure(which + "GB").of(what), side.name(), seconds / (load.bytes() / 1e9));
        results.add(
                measure(which + "million records").of(what),
                side.name(),
                seconds / (load.records() / 1e6));
    }

    private static Measure measure(String name) {
        return Measure.lower(name, "s").goal(Goal.ratio(Side.KAFKA, 1));
    }
}
