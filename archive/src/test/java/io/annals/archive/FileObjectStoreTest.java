package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FileObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore open() throws IOException {
        return new FileObjectStore(root(), folder.resolve("temporary"));
    }

    @Test
    void keepsNothingButObjectsUnderItsRootAndLeavesNothingElsewhere() throws Exception {
        try (ObjectStore store = open()) {
            Path source = Files.write(folder.resolve("source"), utf8("y"));
            store.createIfAbsent("a/b", utf8("x"));
            store.createIfAbsent("a/b", utf8("z"));
            store.createIfAbsent("a/c", source);
        }

        assertThat(files(root())).containsExactlyInAnyOrder("a/b", "a/c");
        assertThat(files(folder.resolve("temporary"))).isEmpty();
    }

    @Test
    void keepsAnObjectWhenAnotherOneIsWrittenToTheSameLocalFile() throws Exception {
        Path source = folder.resolve("work.tar.gz");
        TestObjects.write(source, Map.of("gz/one", new byte[] {1}));
        byte[] first = Files.readAllBytes(source);
        try (ObjectStore store = open()) {
            store.createIfAbsent("first", source);
            TestObjects.write(source, Map.of("gz/two", new byte[] {2, 2}));

            assertThat(store.read("first", 0, first.length)).isEqualTo(ByteBuffer.wrap(first));
        }
    }

    @Test
    void doesNotFollowSymbolicLinksOutOfItsRoot() throws Exception {
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Files.write(outside.resolve("secret"), utf8("secret"));
        try (ObjectStore store = open()) {
            Files.createSymbolicLink(root().resolve("link"), outside);
            Files.createSymbolicLink(root().resolve("file"), outside.resolve("secret"));

            assertThatThrownBy(() -> store.read("link/secret", 0, 6))
                    .isInstanceOf(ObjectStoreException.class)
                    .hasMessageContaining("symbolic link");
            assertThatThrownBy(() -> store.createIfAbsent("link/new", utf8("x")))
                    .isInstanceOf(ObjectStoreException.class);
            assertThatThrownBy(() -> store.read("file", 0, 6))
                    .isInstanceOf(ObjectStoreException.class);
            assertThatThrownBy(() -> store.size("file")).isInstanceOf(NoSuchObjectException.class);
            List<String> keys = new ArrayList<>();
            store.list("", object -> keys.add(object.key()));
            assertThat(keys).isEmpty();
        }
        assertThat(files(outside)).containsExactly("secret");
    }

    @Test
    void namesFilesThatAreNoObjects() throws Exception {
        try (ObjectStore store = open()) {
            store.createIfAbsent("a/b", utf8("x"));
            Files.createDirectory(root().resolve("a/my photos"));
            Files.write(root().resolve("a/my photos/cat\n1.jpg"), new byte[1]);
            List<String> keys = new ArrayList<>();
            List<String> strangers = new ArrayList<>();

            store.list("", object -> keys.add(object.key()), strangers::add);

            assertThat(keys).containsExactly("a/b");
            assertThat(strangers).containsExactly("a/my photos/cat?1.jpg");
        }
    }

    @Test
    void refusesATemporaryFolderInsideItsRoot() {
        assertThatThrownBy(() -> new FileObjectStore(root(), root().resolve("tmp")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tellsAFullDiskFromOtherFailures() {
        assertThat(
                        FileObjectStore.failed(
                                "k",
                                "create",
                                new FileSystemException("f", null, "No space left on device")))
                .isInstanceOf(StoreFullException.class)
                .extracting(ObjectStoreException::retriable)
                .isEqualTo(true);
        assertThat(
                        FileObjectStore.failed(
                                "k", "create", new IOException("No space left on device")))
                .isInstanceOf(StoreFullException.class);
        assertThat(FileObjectStore.failed("k", "create", new IOException("Input/output error")))
                .isNotInstanceOf(StoreFullException.class)
                .hasMessage("object k: cannot create: java.io.IOException: Input/output error");
    }

    private Path root() {
        return folder.resolve("archive");
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .toList();
        }
    }
}
