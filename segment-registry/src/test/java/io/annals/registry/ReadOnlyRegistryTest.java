package io.annals.registry;

import static io.annals.registry.Samples.CLOCK;
import static io.annals.registry.Samples.ORDERS;
import static io.annals.registry.Samples.archived;
import static io.annals.registry.Samples.orders;
import static io.annals.registry.Samples.range;
import static io.annals.registry.Samples.segment;
import static io.annals.registry.Samples.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// REG-13: what a reader does while another registry writes.
class ReadOnlyRegistryTest {
    private final FaultyRegistryStore store = new FaultyRegistryStore();
    private int committed;

    @Test
    void followsTheWriterAndWritesNothing() throws Exception {
        DurableRegistry writer = open();
        create(writer);
        store.delete(ObjectKeys.topic(ORDERS, 1)); // as if a crash had left it out
        FaultyRegistryStore refusing = store.afterRestart();
        refusing.refuseNames("");
        DurableRegistry reader = DurableRegistry.openReadOnly(refusing, settings("reader"));
        List<Long> heard = new ArrayList<>();
        reader.addListener(snapshot -> heard.add(snapshot.generation()));

        commit(writer, 10); // more than a checkpoint takes
        RegistrySnapshot followed = reader.refresh();

        assertThat(followed.generation()).isEqualTo(11);
        assertThat(followed.archivedEndOffset(ORDERS, 0)).isEqualTo(100);
        assertThat(heard).containsExactly(2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        assertThat(reader.snapshot(5).orElseThrow().archivedEndOffset(ORDERS, 0)).isEqualTo(40);
        assertThat(store.list(ObjectKeys.TOPICS)).isEmpty();
        assertThatThrownBy(
                        () -> reader.commit(_ -> Optional.of(RegistryChange.ofTopic(orders(2, 1)))))
                .isInstanceOf(ReadOnlyRegistryException.class);
    }

    @Test
    void leapsOverWhatWasForgottenMeanwhile() throws Exception {
        DurableRegistry writer = open();
        create(writer);
        DurableRegistry reader = DurableRegistry.openReadOnly(store, settings("reader"));
        commit(writer, 12);
        new KeptGenerations(store).forgetBefore(Long.MAX_VALUE);
        assertThat(store.read(ObjectKeys.delta(2))).isEmpty();

        assertThat(reader.refresh().archivedEndOffset(ORDERS, 0)).isEqualTo(120);
        commit(writer, 1);
        assertThat(reader.refresh().archivedEndOffset(ORDERS, 0)).isEqualTo(130);
    }

    @Test
    void followsARegistryThatBeganAnew() throws Exception {
        DurableRegistry writer = open();
        create(writer);
        commit(writer, 5);
        DurableRegistry reader = DurableRegistry.openReadOnly(store, settings("reader"));
        for (String name : store.list("registry/")) {
            store.delete(name);
        }
        RegistryRestore.write(
                store,
                CLOCK.millis() + 1,
                List.of(orders(1, 1)),
                List.of(segment("s0", range(0, 0, 10))),
                List.of());

        assertThat(reader.refresh().generation()).isEqualTo(1);
        assertThat(reader.snapshot().archivedEndOffset(ORDERS, 0)).isEqualTo(10);
    }

    @Test
    void whatCannotBeReadLeavesTheGenerationBefore() throws Exception {
        DurableRegistry writer = open();
        create(writer);
        commit(writer, 2);
        DurableRegistry reader = DurableRegistry.openReadOnly(store, settings("reader"));
        commit(writer, 1);
        byte[] bytes = store.read(ObjectKeys.delta(4)).orElseThrow();
        byte[] damaged = bytes.clone();
        damaged[damaged.length / 2] ^= 1;
        store.overwrite(ObjectKeys.delta(4), damaged);

        assertThatThrownBy(reader::refresh).isInstanceOf(CorruptRegistryException.class);
        assertThat(reader.snapshot().archivedEndOffset(ORDERS, 0)).isEqualTo(20);

        store.overwrite(ObjectKeys.delta(4), bytes);
        assertThat(reader.refresh().archivedEndOffset(ORDERS, 0)).isEqualTo(30);
    }

    private DurableRegistry open() throws IOException {
        return DurableRegistry.open(store, CLOCK, settings("writer"), Runnable::run);
    }

    private static void create(DurableRegistry writer) throws IOException {
        writer.commit(_ -> Optional.of(RegistryChange.ofTopic(orders(1, 1))));
    }

    /// Segments of ten offsets each.
    private void commit(DurableRegistry writer, int segments) throws IOException {
        for (int i = 0; i < segments; i++) {
            long base = 10L * committed;
            RegistryChange change = archived(segment("s" + committed++, range(0, base, base + 10)));
            writer.commit(_ -> Optional.of(change));
        }
    }
}
