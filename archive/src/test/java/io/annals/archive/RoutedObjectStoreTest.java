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

    private static List<String> keys(ObjectStore store) throws Exception {
        List<String> keys = new ArrayList<>();
        store.list("", object -> keys.add(object.key()));
        return keys;
    }
}
