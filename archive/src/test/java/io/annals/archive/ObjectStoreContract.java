package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.ObjectStore.ObjectInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What every object store must do.
public abstract class ObjectStoreContract {
    @TempDir protected Path folder;

    private ObjectStore store;

    protected abstract ObjectStore open() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    void closeStore() throws Exception {
        store.close();
    }

    @Test
    void readsBackWhatWasCreatedFromMemory() throws Exception {
        assertThat(store.createIfAbsent("a/b", utf8("hello"))).isTrue();

        assertThat(store.size("a/b")).isEqualTo(5);
        assertThat(text(store.read("a/b", 0, 5))).isEqualTo("hello");
    }

    @Test
    void readsBackWhatWasCreatedFromAFileThatIsDeletedAfterwards() throws Exception {
        byte[] bytes = new byte[1 << 20];
        new Random(1).nextBytes(bytes);
        Path file = Files.write(folder.resolve("source"), bytes);

        assertThat(store.createIfAbsent("big", file)).isTrue();
        Files.delete(file);

        assertThat(store.read("big", 0, bytes.length)).isEqualTo(ByteBuffer.wrap(bytes));
    }

    @Test
    void givesUpNoUploadWhereNoneIsUnderWay() throws Exception {
        store.createIfAbsent("a/b", utf8("hello"));

        assertThat(store.abortUploads("a/", Long.MAX_VALUE)).isZero();
        assertThat(text(store.read("a/b", 0, 5))).isEqualTo("hello");
    }

    @Test
    void readsRanges() throws Exception {
        store.createIfAbsent("k", utf8("0123456789"));

        assertThat(text(store.read("k", 3, 4))).isEqualTo("3456");
        assertThat(text(store.read("k", 10, 0))).isEmpty();
        ByteBuffer range = store.read("k", 9, 1);
        assertThat(range.position()).isZero();
        assertThat(range.remaining()).isEqualTo(1);
    }

    @Test
    void keepsEmptyObjects() throws Exception {
        assertThat(store.createIfAbsent("empty", new byte[0])).isTrue();
        assertThat(store.size("empty")).isZero();
        assertThat(store.createIfAbsent("empty", new byte[0])).isFalse();
    }

    @Test
    void neverOverwrites() throws Exception {
        Path file = Files.write(folder.resolve("other"), utf8("other"));
        store.createIfAbsent("k", utf8("first"));

        assertThat(store.createIfAbsent("k", utf8("second"))).isFalse();
        assertThat(store.createIfAbsent("k", file)).isFalse();
        assertThat(text(store.read("k", 0, 5))).isEqualTo("first");
    }

    @Test
    void doesNotKeepTheCallersArray() throws Exception {
        byte[] bytes = utf8("first");
        store.createIfAbsent("k", bytes);
        bytes[0] = 'X';
        store.read("k", 0, 5).put(0, (byte) 'Y');

        assertThat(text(store.read("k", 0, 5))).isEqualTo("first");
    }

    @Test
    void letsExactlyOneOfManyCreatorsWin() throws Exception {
        int creators = 8;
        CyclicBarrier barrier = new CyclicBarrier(creators);
        try (ExecutorService pool = Executors.newFixedThreadPool(creators)) {
            for (int round = 0; round < 20; round++) {
                String key = "race/" + round;
                List<Callable<Boolean>> tasks = new ArrayList<>();
                for (int creator = 0; creator < creators; creator++) {
                    byte[] bytes = utf8("creator " + creator);
                    tasks.add(() -> {
                        barrier.await();
                        return store.createIfAbsent(key, bytes);
                    });
                }
                int winner = -1;
                List<Future<Boolean>> results = pool.invokeAll(tasks);
                for (int creator = 0; creator < creators; creator++) {
                    if (results.get(creator).get()) {
                        assertThat(winner).as("second winner of " + key).isEqualTo(-1);
                        winner = creator;
                    }
                }
                assertThat(text(store.read(key, 0, 9))).isEqualTo("creator " + winner);
            }
        }
    }

    @Test
    void namesAMissingObject() {
        assertThatThrownBy(() -> store.read("no/such", 0, 1))
                .isInstanceOf(NoSuchObjectException.class)
                .hasMessageContaining("no/such");
        assertThatThrownBy(() -> store.size("no/such")).isInstanceOf(NoSuchObjectException.class);
    }

    @Test
    void takesAFolderForNoObject() throws Exception {
        store.createIfAbsent("a/b/c", utf8("x"));

        assertThatThrownBy(() -> store.read("a/b", 0, 1)).isInstanceOf(ObjectStoreException.class);
        assertThatThrownBy(() -> store.size("a/b")).isInstanceOf(NoSuchObjectException.class);
        assertThatThrownBy(() -> store.size("a/b/c/d")).isInstanceOf(NoSuchObjectException.class);
    }

    @Test
    void refusesARangeBeyondTheEnd() throws Exception {
        store.createIfAbsent("k", utf8("0123"));

        assertThatThrownBy(() -> store.read("k", 2, 3))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("at least 5 bytes")
                .hasMessageContaining("4 bytes");
        assertThatThrownBy(() -> store.read("k", Long.MAX_VALUE, 1))
                .isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(() -> store.read("k", -1, 1)).isInstanceOf(ObjectStoreException.class);
    }

    @Test
    void listsKeysInLexicographicOrderWithSizeAndTime() throws Exception {
        Random random = new Random(7);
        TreeMap<String, Integer> model = new TreeMap<>();
        String[] parts = {"a", "a-b", "a.b", "A", "a0", "b", "z_"};
        for (int i = 0; i < 120; i++) {
            int depth = 2 + random.nextInt(2);
            StringBuilder key = new StringBuilder("d" + depth);
            for (int part = 0; part < depth; part++) {
                key.append('/').append(parts[random.nextInt(parts.length)]);
            }
            int size = random.nextInt(50);
            if (store.createIfAbsent(key.toString(), new byte[size])) {
                model.put(key.toString(), size);
            }
        }
        for (String prefix : List.of("", "d", "d2/", "d2/a", "d2/a/", "d3/a-b/", "d3/a/z", "x/y")) {
            List<ObjectInfo> listed = new ArrayList<>();
            store.list(prefix, listed::add);

            TreeMap<String, Integer> expected = new TreeMap<>(model);
            expected.keySet().removeIf(key -> !key.startsWith(prefix));
            assertThat(listed)
                    .as(prefix)
                    .extracting(ObjectInfo::key)
                    .containsExactlyElementsOf(expected.keySet());
            assertThat(listed)
                    .allMatch(info -> info.sizeBytes() == expected.getOrDefault(info.key(), -1));
            assertThat(listed).allMatch(info -> info.modifiedAtMs() > 0);
        }
    }

    @Test
    void deletesOnceAndTwice() throws Exception {
        store.createIfAbsent("a/b", utf8("x"));

        store.delete("a/b");
        store.delete("a/b");
        store.delete("never/was");

        assertThatThrownBy(() -> store.size("a/b")).isInstanceOf(NoSuchObjectException.class);
        assertThat(store.createIfAbsent("a/b", utf8("y"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/./b", "a b", "a\\b", "ä",
                "a\0b", "C:x", "~", "a\nb"
            })
    void refusesWhatIsNoKey(String key) {
        assertThatThrownBy(() -> store.createIfAbsent(key, utf8("x")))
                .isInstanceOf(ObjectStoreException.class)
                .hasMessageContaining("is not a key");
        assertThatThrownBy(() -> store.read(key, 0, 0)).isInstanceOf(ObjectStoreException.class);
        assertThatThrownBy(() -> store.size(key)).isInstanceOf(ObjectStoreException.class);
        assertThatThrownBy(() -> store.delete(key)).isInstanceOf(ObjectStoreException.class);
    }

    @Test
    void refusesKeysThatAreTooLong() throws Exception {
        String part = "p".repeat(ObjectStore.MAX_KEY_PART_LENGTH);
        String longest = String.join("/", part, part, part, "p".repeat(200));

        assertThat(store.createIfAbsent(longest, utf8("x"))).isTrue();
        assertThatThrownBy(() -> store.createIfAbsent(part + "p", utf8("x")))
                .isInstanceOf(ObjectStoreException.class);
        assertThatThrownBy(() -> store.createIfAbsent(longest + "/" + part, utf8("x")))
                .isInstanceOf(ObjectStoreException.class);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }
}
