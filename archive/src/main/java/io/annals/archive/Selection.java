package io.annals.archive;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/// Chooses the most valuable of items that exclude each other pairwise. Deterministic for a given
/// order of the items. Confined to one thread.
///
/// Items that exclude each other, directly or through others, form a group; groups are independent.
/// Small groups are searched completely. In larger ones, which nothing that Annals does produces,
/// the more valuable item is taken first.
final class Selection<T> {
    private static final int COMPLETE_SEARCH_ITEMS = 20;

    private final List<T> items;
    private final ToLongFunction<T> value;
    private final List<List<Integer>> excluded = new ArrayList<>();
    private final int[] group;

    Selection(List<T> items, ToLongFunction<T> value) {
        this.items = items;
        this.value = value;
        this.group = new int[items.size()];
        for (int i = 0; i < group.length; i++) {
            group[i] = i;
            excluded.add(new ArrayList<>());
        }
    }

    /// At most one of the two, given by their indexes, can be chosen.
    void exclude(int one, int other) {
        excluded.get(one).add(other);
        excluded.get(other).add(one);
        group[root(one)] = root(other);
    }

    /// Per item, whether it was chosen.
    boolean[] choose() {
        boolean[] chosen = new boolean[items.size()];
        TreeMap<Integer, List<Integer>> groups = new TreeMap<>();
        for (int i = 0; i < chosen.length; i++) {
            if (excluded.get(i).isEmpty()) {
                chosen[i] = true;
            } else {
                groups.computeIfAbsent(root(i), _ -> new ArrayList<>()).add(i);
            }
        }
        for (List<Integer> members : groups.values()) {
            if (members.size() > COMPLETE_SEARCH_ITEMS) {
                greedy(members, chosen);
            } else {
                new Search(members, chosen).run();
            }
        }
        return chosen;
    }

    private void greedy(List<Integer> members, boolean[] chosen) {
        members.sort(Comparator.comparingLong((Integer i) -> -value(i)).thenComparing(i -> i));
        for (int member : members) {
            chosen[member] = isFree(member, chosen);
        }
    }

    private boolean isFree(int item, boolean[] chosen) {
        return excluded.get(item).stream().noneMatch(other -> chosen[other]);
    }

    private long value(int item) {
        return value.applyAsLong(items.get(item));
    }

    private int root(int item) {
        int at = item;
        while (group[at] != at) {
            group[at] = group[group[at]];
            at = group[at];
        }
        return at;
    }

    /// Takes or leaves each member in turn, and gives up where the rest cannot beat the best.
    private final class Search {
        private final List<Integer> members;
        private final boolean[] chosen;
        private final boolean[] best;
        private long bestValue = -1;

        Search(List<Integer> members, boolean[] chosen) {
            this.members = members;
            this.chosen = chosen;
            this.best = new boolean[members.size()];
        }

        void run() {
            long all = members.stream().mapToLong(Selection.this::value).sum();
            search(0, 0, all);
            for (int i = 0; i < best.length; i++) {
                chosen[members.get(i)] = best[i];
            }
        }

        private void search(int next, long taken, long rest) {
            if (taken + rest <= bestValue) {
                return;
            }
            if (next == members.size()) {
                bestValue = taken;
                for (int i = 0; i < best.length; i++) {
                    best[i] = chosen[members.get(i)];
                }
                return;
            }
            int member = members.get(next);
            long worth = value(member);
            if (isFree(member, chosen)) {
                chosen[member] = true;
                search(next + 1, taken + worth, rest - worth);
                chosen[member] = false;
            }
            search(next + 1, taken, rest - worth);
        }
    }
}
