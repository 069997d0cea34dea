package io.annals.registry;

import java.nio.charset.StandardCharsets;

/// The number under which a name or id is indexed: positive, of 31 bits, few enough for the narrow
/// form of [Columns]. Names of equal numbers are told apart by themselves. No state; in memory
/// only, so it may change.
///
/// FNV-1a over the bytes of the name's UTF-8, then the finalizer of SplittableRandom.
final class NameHash {
    static final int BITS = 31;
    static final long SEED = 0xcbf29ce484222325L;

    private NameHash() {}

    static long of(String name) {
        long hash = SEED;
        for (byte next : name.getBytes(StandardCharsets.UTF_8)) {
            hash = with(hash, next);
        }
        return finished(hash);
    }

    /// What a hash that began with [#SEED] becomes with the next byte.
    static long with(long hash, byte next) {
        return (hash ^ next) * 0x100000001b3L;
    }

    static long finished(long hash) {
        long mixed = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
        return (mixed ^ (mixed >>> 31)) >>> (Long.SIZE - BITS);
    }
}
