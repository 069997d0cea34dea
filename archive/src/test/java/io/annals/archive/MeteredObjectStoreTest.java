package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.MeteredObjectStore.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class MeteredObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore open() {
        return new MeteredObjectStore(new InMemoryObjectStore(InstantSource.system()));
    }

    @Test
    void everyCallIsCountedWithItsBytesAndItsFailure() throws Exception {
        MeteredObjectStore store =
                new MeteredObjectStore(new InMemoryObjectStore(InstantSource.system()));
        Path file = Files.write(folder.resolve("metered"), new byte[10]);
        store.createIfAbsent("a", new byte[5]);
        store.createIfAbsent("b", file);
        store.read("a", 1, 3);
        store.list("", _ -> {});
        store.delete("a");
        assertThatThrownBy(() -> store.read("a", 0, 2)).isInstanceOf(NoSuchObjectException.class);
        assertThatThrownBy(() -> store.size("a")).isInstanceOf(NoSuchObjectException.class);

        assertThat(store.counts(Operation.CREATE))
                .matches(is -> is.calls() == 2 && is.bytes() == 15);
        assertThat(store.counts(Operation.READ))
                .matches(is -> is.calls() == 2 && is.bytes() == 5 && is.failures() == 1)
                .matches(is -> is.nanos() > 0);
        assertThat(store.counts(Operation.SIZE))
                .matches(is -> is.calls() == 1 && is.failures() == 1);
        assertThat(store.counts(Operation.LIST))
                .matches(is -> is.calls() == 1 && is.failures() == 0);
        assertThat(store.counts(Operation.DELETE).calls()).isEqualTo(1);
    }
}
