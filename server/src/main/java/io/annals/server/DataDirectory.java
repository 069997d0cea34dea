package io.annals.server;

import io.annals.server.StartException.Reason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// The folder of one node, held by an operating-system lock until closed: two servers on one folder
/// would destroy each other's log. The lock goes with the process, however it ends.
public final class DataDirectory implements Closeable {
    static final String ARCHIVE = "archive";

    /// Objects that are being written; on the file system of the archive.
    static final String TEMPORARY = "tmp";

    private static final String LOCK_FILE = "lock";
    private static final String CLUSTER_ID_FILE = "cluster-id";
    private static final String SERVER_ID_FILE = "server-id";

    private final Path root;
    private final FileChannel lockChannel;

    private DataDirectory(Path root, FileChannel lockChannel) {
        this.root = root;
        this.lockChannel = lockChannel;
    }

    /// Creates the folder if it is not there, and locks it.
    public static DataDirectory open(Path root) throws StartException {
        try {
            Files.createDirectories(root);
            FileChannel channel =
                    FileChannel.open(
                            root.resolve(LOCK_FILE),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                String holder = readHolder(channel);
                channel.close();
                throw new StartException(
                        Reason.DATA_DIRECTORY_LOCKED,
                        "the data directory %s is in use by another process%s"
                                .formatted(root, holder));
            }
            writeHolder(channel);
            return new DataDirectory(root, channel);
        } catch (IOException e) {
            throw unusable(root, e);
        }
    }

    Path wal() {
        return root.resolve("wal");
    }

    /// The object store, and nothing else.
    public Path archive() {
        return root.resolve(ARCHIVE);
    }

    /// Index of the hot tail; can be deleted while no server runs.
    Path live() {
        return root.resolve("live");
    }

    /// Copies of the registry's newest pages; can be deleted while no server runs.
    Path registry() {
        return root.resolve("registry");
    }

    /// Definitions of the queries that are open as topics.
    Path queries() {
        return root.resolve("queries");
    }

    /// Objects that the archiver makes, and its notes about them.
    Path archiverWork() {
        return root.resolve("archiver");
    }

    /// Objects that upkeep makes.
    Path upkeepWork() {
        return root.resolve("upkeep");
    }

    /// A replica's directory must not hold records that are nowhere else.
    void requireNoWal() throws StartException {
        if (Files.exists(wal())) {
            throw new StartException(
                    Reason.DATA_DIRECTORY_UNUSABLE,
                    ("the data directory %s belongs to a server that writes: it has a WAL; give the"
                                    + " read replica a directory of its own")
                            .formatted(root));
        }
    }

    /// The id clients know this cluster by, made by the first start on this folder.
    String clusterId() throws StartException {
        return clusterId(Optional.empty());
    }

    /// @param known the id to note if this folder has none yet
    String clusterId(Optional<String> known) throws StartException {
        return id(CLUSTER_ID_FILE, known);
    }

    /// The id of whatever server runs on this folder, made by the first start on it.
    String serverId() throws StartException {
        return id(SERVER_ID_FILE, Optional.empty());
    }

    private String id(String name, Optional<String> known) throws StartException {
        Path file = root.resolve(name);
        try {
            if (!Files.exists(file)) {
                Files.writeString(file, known.orElseGet(() -> Uuid.randomUuid().toString()) + "\n");
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw unusable(root, e);
        }
    }

    @Override
    public void close() throws IOException {
        lockChannel.close();
    }

    private static StartException unusable(Path root, IOException e) {
        return new StartException(
                Reason.DATA_DIRECTORY_UNUSABLE,
                "the data directory %s cannot be used: %s".formatted(root, e),
                e);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null; // held by this very process
        }
    }

    private static String readHolder(FileChannel channel) throws IOException {
        ByteBuffer pid = ByteBuffer.allocate(32);
        channel.read(pid, 0);
        String text = new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII).strip();
        return text.isEmpty() ? "" : " (process " + text + ")";
    }

    private static void writeHolder(FileChannel channel) throws IOException {
        String pid = ProcessHandle.current().pid() + "\n";
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
    }
}
