package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The contract, with its keys spread over two stores.
class RoutedObjectStoreTest extends ObjectStoreContract {
    private final InMemoryObjectStore evidence = new InMemoryObjectStore(Clock.systemUTC());
    private final InMemoryObjectStore working = new InMemoryObjectStore(Clock.systemUTC());

    @Override
    protected ObjectStore open() {
        return new RoutedObjectStore(Set.of("d2/", "race/"), evidence, working);
    }

    @Test
    void keepsEvidenceApart() throws Exception {
        try (ObjectStore store = open()) {
            store.createIfAbsent("d2/record-segment", utf8("x"));
            store.createIfAbsent("split", utf8("y"));
        }

        assertThat(keys(evidence)).containsExactly("d2/record-segment");
        assertThat(keys(working)).containsExactly("split");
    }

    @Test
    void listsBothInOrder() throws Exception {
        List<String> keys =
                List.of("a", "d1/x", "d2", "d2-", "d2/a", "d2/b", "d20", "race", "race/z", "s");
        try (ObjectStore store = open()) {
            for (String key : keys.reversed()) {
                store.createIfAbsent(key, utf8("x"));
            }
            evidence.createIfAbsent("d3", utf8("not its own"));
            working.createIfAbsent("d2/c", utf8("not its own"));

            assertThat(keys(store, "")).isEqualTo(keys);
            assertThat(keys(store, "d")).isEqualTo(keys.subList(1, 7));
            assertThat(keys(store, "d2/")).isEqualTo(keys.subList(4, 6));
            assertThat(strangers(store, "")).containsExactlyInAnyOrder("d3", "d2/c");
            assertThat(strangers(store, "d3")).containsExactly("d3");
            assertThat(strangers(store, "d2/")).isEmpty();
            assertThat(keys(store, "race/y")).isEmpty();
            assertThat(keys(store, "ra")).isEqualTo(keys.subList(7, 9));
        }
    }

    private static List<String> strangers(ObjectStore store, String prefix) throws Exception {
        List<String> names = new ArrayList<>();
        store.list(prefix, _ -> {}, names::add);
        return names;
    }

    private static List<String> keys(ObjectStore store) throws Exception {
        return keys(store, "");
    }

    private static List<String> keys(ObjectStore store, String prefix) throws Exception {
        List<String> keys = new ArrayList<>();
        store.list(prefix, object -> keys.add(object.key()));
        return keys;
    }
}
