package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// An object store in a local folder: the key is the path. Thread-safe, and safe against other
/// processes on the same folder.
///
/// Creation writes and syncs a file outside the root, then links it in: the link appears whole or
/// not at all, never replaces a file (REG-7), and is durable once its folder is synced. Nothing but
/// objects is ever under the root; symbolic links there are not followed.
public final class FileObjectStore implements ObjectStore {
    private final Path root;
    private final Path temporary;
    private final Set<Path> durableFolders = ConcurrentHashMap.newKeySet();

    /// @param root holds the objects, created if missing
    /// @param temporary for files that are being written, created if missing; outside the root, on
    ///   the same file system
    public FileObjectStore(Path root, Path temporary) throws IOException {
        this.root = Files.createDirectories(root).toRealPath();
        this.temporary = Files.createDirectories(temporary).toRealPath();
        if (this.temporary.startsWith(this.root)) {
            throw new IllegalArgumentException(
                    "temporary folder %s must be outside the root %s".formatted(temporary, root));
        }
        if (!Files.getFileStore(this.root).equals(Files.getFileStore(this.temporary))) {
            throw new IllegalArgumentException(
                    "temporary folder %s must be on the file system of %s"
                            .formatted(temporary, root));
        }
    }

    /// A store that another process writes: nothing is created here, not even the folder.
    ///
    /// @param root holds the objects
    public static ObjectStore readOnly(Path root) throws IOException {
        Path real = root.toRealPath();
        return new ReadOnlyObjectStore(new FileObjectStore(real));
    }

    /// @param root as it really is
    private FileObjectStore(Path root) {
        this.root = root;
        this.temporary = root; // never used
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        Path target = path(key);
        try {
            if (exists(target)) {
                return false;
            }
            if (Files.getFileStore(file).equals(Files.getFileStore(root))) {
                sync(file);
                return link(target, file);
            }
            Path copy = temporaryFile();
            try {
                Files.copy(file, copy);
                sync(copy);
                return link(target, copy);
            } finally {
                Files.deleteIfExists(copy);
            }
        } catch (IOException e) {
            throw failed(key, "create", e);
        }
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        Path target = path(key);
        try {
            if (exists(target)) {
                return false;
            }
            Path copy = temporaryFile();
            try {
                Files.write(copy, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                sync(copy);
                return link(target, copy);
            } finally {
                Files.deleteIfExists(copy);
            }
        } catch (IOException e) {
            throw failed(key, "create", e);
        }
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        Path path = path(key);
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            ObjectRanges.check(key, position, length, channel.size());
            ByteBuffer range = ByteBuffer.allocate(length);
            while (range.hasRemaining()) {
                if (channel.read(range, position + range.position()) < 0) {
                    ObjectRanges.check(key, position, length, position + range.position());
                }
            }
            return range.flip();
        } catch (IOException e) {
            throw failed(key, "read %d bytes at %d".formatted(length, position), e);
        }
    }

    @Override
    public long size(String key) throws IOException {
        Path path = path(key);
        try {
            BasicFileAttributes attributes = attributes(path);
            if (!attributes.isRegularFile()) {
                throw new NoSuchObjectException(key);
            }
            return attributes.size();
        } catch (IOException e) {
            throw failed(key, "look at", e);
        }
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException {
        list(prefix, consumer, _ -> {});
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer, Consumer<String> strangers)
            throws IOException {
        int slash = prefix.lastIndexOf('/');
        String folder = prefix.substring(0, slash + 1);
        if (!folder.isEmpty()) {
            ObjectKeyRules.check(folder.substring(0, slash));
        }
        try {
            listFolder(root.resolve(folder), folder, prefix, new Listed(consumer, strangers));
        } catch (IOException e) {
            throw failed(prefix, "list", e);
        }
    }

    @Override
    public void delete(String key) throws IOException {
        Path path = path(key);
        try {
            if (attributes(path).isRegularFile() && Files.deleteIfExists(path)) {
                sync(folderOf(path));
            }
        } catch (NoSuchFileException | NotDirectoryException expected) {
            return;
        } catch (IOException e) {
            throw failed(key, "delete", e);
        }
    }

    /// None: what is not whole has no name here.
    @Override
    public int abortUploads(String prefix, long beforeMs) {
        return 0;
    }

    @Override
    public void close() {}

    /// In the order of keys: a folder counts with its slash, for `a-b/c` comes before `a/b`.
    private void listFolder(Path folder, String key, String prefix, Listed listed)
            throws IOException {
        List<Child> children = new ArrayList<>();
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                BasicFileAttributes attributes;
                try {
                    attributes = attributes(path);
                } catch (NoSuchFileException deletedMeanwhile) {
                    continue;
                }
                String name = key + path.getFileName();
                if (attributes.isDirectory()) {
                    children.add(new Child(name + "/", 0, 0));
                } else if (attributes.isRegularFile()) {
                    long modifiedAtMs = attributes.lastModifiedTime().toMillis();
                    children.add(new Child(name, attributes.size(), modifiedAtMs));
                }
            }
        } catch (NoSuchFileException expected) {
            return;
        }
        children.sort(Comparator.comparing(Child::key));
        for (Child child : children) {
            String name = child.key;
            if (name.endsWith("/")) {
                if (name.startsWith(prefix) || prefix.startsWith(name)) {
                    String last = name.substring(key.length(), name.length() - 1);
                    listFolder(folder.resolve(last), name, prefix, listed);
                }
            } else if (name.startsWith(prefix)) {
                listed.accept(child);
            }
        }
    }

    /// @return false if the key is taken
    private boolean link(Path target, Path file) throws IOException {
        createFolders(folderOf(target));
        try {
            Files.createLink(target, file);
        } catch (FileAlreadyExistsException expected) {
            return false;
        }
        sync(folderOf(target));
        return true;
    }

    /// Creates a folder and its parents, each of them durable. Whoever created a folder before may
    /// have died before it was synced: therefore every folder is synced once.
    private void createFolders(Path folder) throws IOException {
        if (folder.equals(root)
                || (durableFolders.contains(folder)
                        && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS))) {
            return;
        }
        createFolders(folderOf(folder));
        try {
            Files.createDirectory(folder);
        } catch (FileAlreadyExistsException expected) {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw expected;
            }
        }
        sync(folderOf(folder));
        durableFolders.add(folder);
    }

    private Path temporaryFile() {
        return temporary.resolve("object-" + Uuid.randomUuid());
    }

    /// Path of an object; refuses one that leads through a symbolic link.
    private Path path(String key) throws IOException {
        ObjectKeyRules.check(key);
        Path path = root.resolve(key);
        for (int names = root.getNameCount() + 1; names < path.getNameCount(); names++) {
            Path folder = root.resolve(path.subpath(root.getNameCount(), names));
            if (Files.isSymbolicLink(folder)) {
                throw new ObjectStoreException(
                        key, "lies behind the symbolic link " + folder, false);
            }
        }
        return path;
    }

    private static Path folderOf(Path path) {
        return Objects.requireNonNull(path.getParent(), "the path of an object has a folder");
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static ObjectStoreException failed(String key, String what, IOException cause) {
        if (cause instanceof ObjectStoreException known) {
            return known;
        }
        if (cause instanceof NoSuchFileException || cause instanceof NotDirectoryException) {
            return new NoSuchObjectException(key);
        }
        if (cause instanceof FileSystemException full && isFull(full.getReason())) {
            return new StoreFullException(key, cause);
        }
        if (isFull(cause.getMessage())) {
            return new StoreFullException(key, cause);
        }
        return new ObjectStoreException(key, "cannot %s: %s".formatted(what, cause), true, cause);
    }

    private static boolean isFull(@Nullable String reason) {
        return reason != null
                && (reason.contains("No space left on device")
                        || reason.contains("Disk quota exceeded"));
    }

    /// Where the names go, by what they are.
    private record Listed(Consumer<ObjectInfo> objects, Consumer<String> strangers) {
        void accept(Child file) {
            if (ObjectKeyRules.allows(file.key)) {
                objects.accept(new ObjectInfo(file.key, file.sizeBytes, file.modifiedAtMs));
            } else {
                strangers.accept(ObjectKeyRules.shown(file.key));
            }
        }
    }

    /// In few bytes, since all of a folder are held at once.
    ///
    /// @param key that of a folder ends with a slash
    private record Child(String key, long sizeBytes, long modifiedAtMs) {}
}
