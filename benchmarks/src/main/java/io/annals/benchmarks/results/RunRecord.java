package io.annals.benchmarks.results;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One run of one scenario: where, when, of which commit, and every sample.
///
/// @param scenario the subcommand's name
/// @param arguments what stood after it on the command line
/// @param startedAt ISO 8601, UTC
/// @param commit of the checkout that was measured; empty if that is not known
/// @param dirty whether tracked files differed from the commit
/// @param loadBefore load averages of 1, 5 and 15 minutes when the run began
/// @param loadAfter the same when it ended
/// @param notes what a reader must know beside the figures: a peer that is missing, and why
@JsonIgnoreProperties(ignoreUnknown = true)
public record RunRecord(
        String scenario,
        List<String> arguments,
        String startedAt,
        double seconds,
        String commit,
        boolean dirty,
        Machine machine,
        List<Double> loadBefore,
        List<Double> loadAfter,
        List<String> notes,
        List<CaseRecord> cases) {

    public RunRecord {
        arguments = List.copyOf(arguments);
        loadBefore = List.copyOf(loadBefore);
        loadAfter = List.copyOf(loadAfter);
        notes = List.copyOf(notes);
        cases = List.copyOf(cases);
    }

    /// Several runs as one: their cases, with the scenario before each name; a later run replaces
    /// what has the same name.
    ///
    /// @param parts oldest first, at least one; the last one says where and of what
    public static RunRecord joined(String scenario, List<String> arguments, List<RunRecord> parts) {
        Map<String, CaseRecord> cases = new LinkedHashMap<>();
        for (RunRecord part : parts) {
            String prefix = part.scenario() + ": ";
            part.cases()
                    .forEach(c -> {
                        CaseRecord named = c.prefixed(prefix);
                        cases.put(named.measure().name(), named);
                    });
        }
        RunRecord last = parts.getLast();
        return new RunRecord(
                scenario,
                arguments,
                parts.getFirst().startedAt(),
                parts.stream().mapToDouble(RunRecord::seconds).sum(),
                last.commit(),
                last.dirty(),
                last.machine(),
                parts.getFirst().loadBefore(),
                last.loadAfter(),
                parts.stream().flatMap(part -> part.notes().stream()).toList(),
                List.copyOf(cases.values()));
    }

    /// This run with the cases of `other` in the place of its own.
    public RunRecord replacedBy(RunRecord other) {
        Map<String, CaseRecord> merged = new LinkedHashMap<>();
        cases.forEach(c -> merged.put(c.measure().name(), c));
        other.cases.forEach(c -> merged.put(c.measure().name(), c));
        return new RunRecord(
                scenario,
                arguments,
                startedAt,
                seconds,
                commit,
                dirty,
                machine,
                loadBefore,
                loadAfter,
                notes,
                List.copyOf(merged.values()));
    }

    Optional<CaseRecord> find(String name) {
        return cases.stream().filter(c -> c.measure().name().equals(name)).findFirst();
    }

    /// What part of the hardware's limit a case reached; empty if it has none, or none was
    /// measured. Where lower is better the limit stands above: above one is still worse.
    Optional<Double> share(CaseRecord c) {
        return Optional.ofNullable(c.measure().limit())
                .flatMap(this::find)
                .map(limit -> c.subjectSamples().median() / limit.subjectSamples().median());
    }
}
