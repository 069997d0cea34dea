package io.annals.archive;

import java.util.regex.Pattern;

/// What a tar entry may be called: a relative path that is safe to extract anywhere.
final class EntryNames {
    /// Length of the name field of a ustar header.
    static final int MAX_BYTES = 100;

    private static final Pattern PART = Pattern.compile("[A-Za-z0-9._-]+");

    private EntryNames() {}

    /// Whether the name is made of non-empty parts of `[A-Za-z0-9._-]`, none of them `.` or `..`.
    static boolean isSafe(String name) {
        if (name.isEmpty() || name.length() > MAX_BYTES) {
            return false;
        }
        for (String part : name.split("/", -1)) {
            if (!PART.matcher(part).matches() || part.equals(".") || part.equals("..")) {
                return false;
            }
        }
        return true;
    }
}
