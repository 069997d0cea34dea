package io.annals.registry;

import io.annals.registry.Summaries.Walk;

/// Summaries of the nodes of a [LongIndex], and ways through it that they shorten. No state: a node
/// keeps its summary itself.
final class IndexWalk {
    private IndexWalk() {}

    /// What the entries of the node are together; there must be some.
    static Object summary(IndexNode node, Summaries<Object, Object> summaries) {
        Object known = node.summary();
        if (known != null) {
            return known;
        }
        Object[] parts = node.parts();
        Object all = ofPart(parts[0], summaries);
        for (int i = 1; i < parts.length; i++) {
            all = summaries.and(all, ofPart(parts[i], summaries));
        }
        node.keepSummary(all);
        return all;
    }

    private static Object ofPart(Object part, Summaries<Object, Object> summaries) {
        return part instanceof IndexNode child ? summary(child, summaries) : summaries.of(part);
    }

    /// Visits the entries of the node, but for those below nodes that the walk does not enter.
    static void run(
            IndexNode node, Summaries<Object, Object> summaries, Walk<Object, Object> walk) {
        if (!walk.enters(summary(node, summaries))) {
            return;
        }
        for (Object part : node.parts()) {
            if (part instanceof IndexNode child) {
                run(child, summaries, walk);
            } else {
                walk.visit(part);
            }
        }
    }
}
