package io.annals.registry;

/// How the entries of a [LongIndex] are told of together, so that a question about few of them
/// passes over the others. No state.
///
/// Each node of the tree makes its summary when it is first asked for it and keeps it for all trees
/// that share the node: after a change only the nodes on the way to the touched entry make theirs
/// anew. So an index is only ever asked with one kind of summaries, and a summary must be deeply
/// immutable, with final fields: threads hand it to each other without synchronisation.
///
/// @param <V> an entry's value
/// @param <S> a summary
interface Summaries<V, S> {
    S of(V value);

    /// Of all that both tell of.
    ///
    /// @param behind of entries that follow those of `before`, nothing between them
    S and(S before, S behind);

    /// A way through an index, in the order of its entries.
    interface Walk<V, S> {
        /// Whether the entries that the summary tells of are visited; else they are passed over.
        boolean enters(S summary);

        void visit(V value);
    }
}
