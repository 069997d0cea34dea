package io.annals.archive;

import java.util.regex.Pattern;

/// Which keys a store takes; the same for every store, so that objects can move between them.
public final class ObjectKeyRules {
    private static final int MAX_SHOWN = 250;
    private static final Pattern CONTROLS = Pattern.compile("\\p{Cntrl}");

    private ObjectKeyRules() {}

    /// @throws ObjectStoreException if the key is not allowed
    public static void check(String key) throws ObjectStoreException {
        if (key.isEmpty() || key.length() > ObjectStore.MAX_KEY_LENGTH) {
            throw refused(key, "a key has 1 to " + ObjectStore.MAX_KEY_LENGTH + " characters");
        }
        int start = 0;
        while (start <= key.length()) {
            int slash = key.indexOf('/', start);
            int end = slash < 0 ? key.length() : slash;
            checkPart(key, key.substring(start, end));
            start = end + 1;
        }
    }

    public static boolean allows(String key) {
        try {
            check(key);
            return true;
        } catch (ObjectStoreException expected) {
            return false;
        }
    }

    private static void checkPart(String key, String part) throws ObjectStoreException {
        if (part.isEmpty() || part.length() > ObjectStore.MAX_KEY_PART_LENGTH) {
            throw refused(
                    key,
                    "a part of a key has 1 to " + ObjectStore.MAX_KEY_PART_LENGTH + " characters");
        }
        if (part.equals(".") || part.equals("..")) {
            throw refused(key, "no part of a key is . or ..");
        }
        for (int i = 0; i < part.length(); i++) {
            if (!isAllowed(part.charAt(i))) {
                throw refused(key, "keys are made of letters, digits, dot, underscore, hyphen, /");
            }
        }
    }

    private static boolean isAllowed(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    private static ObjectStoreException refused(String key, String allowed) {
        return new ObjectStoreException(shown(key), "is not a key: " + allowed, false);
    }

    /// What is no key, for people: of bounded length, and nothing a terminal would act on.
    public static String shown(String name) {
        String cut = name.length() > MAX_SHOWN ? name.substring(0, MAX_SHOWN) + "..." : name;
        return CONTROLS.matcher(cut).replaceAll("?");
    }
}
