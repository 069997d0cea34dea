package io.annals.registry;

/// The WAL segments that a record segment was made of, as it names them: one segment, or a run of
/// one shard, of which it holds all that the topic had in it.
///
/// ```
/// 0-019aa1b2c3d4e5f60718-00000000000000000017                        one
/// 0-019aa1b2c3d4e5f60718-00000000000000000017..00000000000000000042  from 17 to 42
/// ```
///
/// Numbers in a run that the topic had nothing in count as held too. Any other name stands for
/// itself alone.
///
/// @param shard everything before the number; the whole name if it has none
/// @param first number, -1 if it has none
/// @param last number, inclusive
public record WalRun(String shard, long first, long last) {
    private static final int UNNUMBERED = -1;
    private static final int DIGITS = 20;
    private static final String TO = "..";
    private static final int NUMBER_BITS = 40;
    private static final long NUMBER_MASK = (1L << NUMBER_BITS) - 1;

    /// Reads either form.
    public static WalRun parse(String name) {
        int numbers = name.lastIndexOf('-') + 1;
        int to = name.indexOf(TO, numbers);
        int end = to < 0 ? name.length() : to;
        boolean isWellFormed =
                numbers > 0
                        && end - numbers == DIGITS
                        && (to < 0 || name.length() - to == TO.length() + DIGITS);
        if (isWellFormed) {
            try {
                String shard = name.substring(0, numbers - 1);
                long first = Long.parseLong(name, numbers, end, 10);
                long last = to < 0 ? first : Long.parseLong(name.substring(to + TO.length()));
                return new WalRun(shard, first, last);
            } catch (NumberFormatException _) {
                // some other name
            }
        }
        return new WalRun(name, UNNUMBERED, UNNUMBERED);
    }

    /// Whether it can be joined with others of its shard.
    public boolean isNumbered() {
        return first != UNNUMBERED;
    }

    /// The name that [#parse] reads.
    public String name() {
        if (!isNumbered()) {
            return shard;
        }
        String one = shard + "-" + digits(first);
        return first == last ? one : one + TO + digits(last);
    }

    /// Both, and what lies between.
    public WalRun and(WalRun other) {
        return new WalRun(shard, Math.min(first, other.first), Math.max(last, other.last));
    }

    /// Whether the last number of `other` is in this run.
    boolean holdsLastOf(WalRun other) {
        return shard.equals(other.shard) && first <= other.last && other.last <= last;
    }

    /// Sorts the runs of a shard by their first numbers; shards may share keys.
    long key() {
        return key(first);
    }

    /// The largest key that a run with [#last] in it can have.
    long lastKey() {
        return key(last);
    }

    /// Whether a run of this key may be one of this shard.
    boolean mayFollow(long key) {
        return (key & ~NUMBER_MASK) == (key(0) & ~NUMBER_MASK);
    }

    private long key(long number) {
        long hash = NameHash.of(shard) << (Long.SIZE - NameHash.BITS);
        return (hash & ~NUMBER_MASK) | Math.clamp(number, 0, NUMBER_MASK);
    }

    private static String digits(long number) {
        String digits = Long.toString(number);
        return "0".repeat(DIGITS - digits.length()) + digits;
    }
}
