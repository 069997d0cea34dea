package io.annals.archive;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A [RangeCache] in a folder of a local disk, bounded by bytes, there again after a restart.
///
/// A range is a file ([RangeFile]) at `<2 hex>/<30 hex>/<position>-<length>`, where the hex digits
/// are a hash of the object's name. It is written beside and moved into its place, so that it is
/// there whole or not at all while the system runs; after a crash of the system its checksums tell.
/// Nothing is synced: what is lost is read from the store again. A range that is damaged is deleted
/// and counts as missing.
///
/// Several ranges may answer one question together, and what a new range covers goes. Which ones
/// stay is decided by how often and how recently they were asked for (Caffeine); after a restart
/// only their age is known.
///
/// One process at a time: the folder is locked. Files that are not of this cache are never touched,
/// and a folder that holds others at first is refused.
public final class DiskCache implements RangeCache {
    private static final Logger log = LoggerFactory.getLogger(DiskCache.class);
    private static final String LOCK = "annals-cache.lock";
    private static final String TEMPORARY = "tmp";
    private static final int FILE_SYSTEM_BLOCK_BYTES = 4096;

    /// Of a bound this small share is one range at most, so that none empties the cache.
    private static final int MAX_SHARE = 8;

    private static final int HASH_DIGITS = 32;

    /// Ranges may overlap: so many that begin further in front are looked at.
    private static final int OVERLAPS = 4;

    private final Path folder;
    private final FileChannel lockFile;
    private final long maxRangeBytes;
    private final Cache<Slot, Slot> slots;
    private final ConcurrentMap<String, ConcurrentSkipListMap<Long, Slot>> byObject =
            new ConcurrentHashMap<>();
    private final AtomicLong temporaries = new AtomicLong();
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder hitBytes = new LongAdder();
    private final LongAdder evictions = new LongAdder();
    private final LongAdder damaged = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private volatile boolean warned;

    /// A range that is kept.
    ///
    /// @param object hash of its name
    private record Slot(String object, long position, int length) {
        long end() {
            return position + length;
        }

        boolean holds(long at) {
            return position <= at && at < end();
        }

        String folder() {
            return object.substring(0, 2) + "/" + object.substring(2);
        }

        String file() {
            return "%s/%016x-%08x".formatted(folder(), position, length);
        }

        int weight() {
            int bytes = RangeFile.bytes(length);
            return Math.ceilDiv(bytes, FILE_SYSTEM_BLOCK_BYTES) * FILE_SYSTEM_BLOCK_BYTES;
        }
    }

    private DiskCache(Path folder, FileChannel lockFile, long maxBytes) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.maxRangeBytes = maxBytes / MAX_SHARE;
        this.slots =
                Caffeine.newBuilder()
                        .maximumWeight(maxBytes)
                        .weigher((Slot slot, Slot _) -> slot.weight())
                        .executor(Runnable::run)
                        .removalListener(this::removed)
                        .build();
    }

    /// Opens the cache and takes over what an earlier process left in it.
    ///
    /// @param folder made if missing; for nothing else
    /// @param maxBytes of the files, not counting those that are being written
    /// @throws IOException if the folder is used by another process or for something else
    public static DiskCache open(Path folder, long maxBytes) throws IOException {
        Files.createDirectories(folder);
        if (!Files.exists(folder.resolve(LOCK)) && !isEmpty(folder)) {
            throw new IOException(
                    "%s holds other files: a disk cache needs a folder of its own"
                            .formatted(folder));
        }
        FileChannel lockFile =
                FileChannel.open(
                        folder.resolve(LOCK),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS);
        try {
            if (lock(lockFile) == null) {
                throw new IOException(
                        "disk cache %s is in use by another process".formatted(folder));
            }
            DiskCache cache = new DiskCache(folder, lockFile, maxBytes);
            cache.load();
            return cache;
        } catch (IOException | RuntimeException e) {
            lockFile.close();
            throw e;
        }
    }

    private static @Nullable FileLock lock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException _) {
            return null;
        }
    }

    @Override
    public Optional<ByteBuffer> get(String object, long position, int length) {
        String hash = hash(object);
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            Slot slot = slotAt(hash, position + bytes.position());
            if (slot == null || !read(object, slot, position, bytes)) {
                misses.increment();
                return Optional.empty();
            }
        }
        hits.increment();
        hitBytes.add(length);
        return Optional.of(bytes.flip());
    }

    /// Appends to `bytes`, which begin at `position`, what the slot has of what is missing.
    private boolean read(String object, Slot slot, long position, ByteBuffer bytes) {
        if (slots.getIfPresent(slot) == null) {
            return false; // on its way in, or out
        }
        long from = position + bytes.position();
        int length = (int) Math.min(bytes.remaining(), slot.end() - from);
        try {
            RangeFile.read(
                    folder.resolve(slot.file()),
                    new RangeFile.Name(object, slot.position, slot.length),
                    from,
                    bytes.slice(bytes.position(), length));
            bytes.position(bytes.position() + length);
            return true;
        } catch (NoSuchFileException _) {
            slots.invalidate(slot); // it was evicted meanwhile, or somebody tidied up
        } catch (CorruptObjectException e) {
            damaged.increment();
            log.warn("{}: deleted and read again", e.getMessage());
            slots.invalidate(slot);
        } catch (IOException e) {
            failed("read", e);
            slots.invalidate(slot);
        }
        return false;
    }

    @Override
    public void put(String object, long position, ByteBuffer bytes) {
        Slot slot = new Slot(hash(object), position, bytes.remaining());
        if (bytes.remaining() == 0 || slot.weight() > maxRangeBytes || isCovered(slot)) {
            return;
        }
        Path temporary =
                folder.resolve(TEMPORARY).resolve(Long.toHexString(temporaries.incrementAndGet()));
        Path target = folder.resolve(slot.file());
        try {
            RangeFile.write(temporary, new RangeFile.Name(object, position, slot.length), bytes);
            Files.createDirectories(folder.resolve(slot.folder()));
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            keep(slot);
        } catch (IOException e) {
            failed("write", e);
            delete(temporary);
        }
    }

    private void keep(Slot slot) {
        List<Slot> covered = new ArrayList<>();
        byObject.compute(
                slot.object,
                (_, known) -> {
                    ConcurrentSkipListMap<Long, Slot> ranges =
                            known == null ? new ConcurrentSkipListMap<>() : known;
                    ranges.subMap(slot.position, slot.end()).values().stream()
                            .filter(other -> other.end() <= slot.end() && !other.equals(slot))
                            .forEach(covered::add);
                    ranges.put(slot.position, slot);
                    return ranges;
                });
        slots.put(slot, slot);
        slots.invalidateAll(covered);
    }

    private boolean isCovered(Slot wanted) {
        Slot slot = slotAt(wanted.object, wanted.position);
        return slot != null && slot.end() >= wanted.end();
    }

    /// The range that holds this position and reaches furthest.
    private @Nullable Slot slotAt(String object, long position) {
        ConcurrentSkipListMap<Long, Slot> ranges = byObject.get(object);
        if (ranges == null) {
            return null;
        }
        Slot best = null;
        Map.Entry<Long, Slot> entry = ranges.floorEntry(position);
        for (int i = 0; entry != null && i < OVERLAPS; i++) {
            Slot slot = entry.getValue();
            if (slot.holds(position) && (best == null || slot.end() > best.end())) {
                best = slot;
            }
            entry = ranges.lowerEntry(entry.getKey());
        }
        return best;
    }

    private void removed(@Nullable Slot slot, @Nullable Slot same, RemovalCause cause) {
        if (slot == null || cause == RemovalCause.REPLACED) {
            return;
        }
        if (cause.wasEvicted()) {
            evictions.increment();
        }
        byObject.computeIfPresent(
                slot.object,
                (_, ranges) -> {
                    ranges.remove(slot.position, slot);
                    return ranges.isEmpty() ? null : ranges;
                });
        delete(folder.resolve(slot.file()));
        if (!byObject.containsKey(slot.object)) {
            tidy(folder.resolve(slot.folder()));
        }
    }

    /// Deletes a folder, if nothing is in it.
    private void tidy(Path empty) {
        try {
            Files.deleteIfExists(empty);
        } catch (DirectoryNotEmptyException expected) {
            log.debug("{} is used again", empty);
        } catch (IOException e) {
            failed("tidy up", e);
        }
    }

    @Override
    public Counts counts() {
        return new Counts(
                hits.sum(),
                misses.sum(),
                hitBytes.sum(),
                slots.policy().eviction().map(e -> e.weightedSize().orElse(0)).orElse(0L),
                evictions.sum(),
                damaged.sum(),
                failures.sum());
    }

    @Override
    public boolean isKeeping() {
        return true;
    }

    /// What is kept stays for the next process.
    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            log.warn("the lock of disk cache {} does not close", folder, e);
        }
    }

    /// Oldest first, so that they are the first to go.
    private void load() throws IOException {
        Path temporary = Files.createDirectories(folder.resolve(TEMPORARY));
        for (Path left : list(temporary)) {
            delete(left);
        }
        record Found(Slot slot, long modifiedAtMs) {}
        List<Found> found = new ArrayList<>();
        for (Path first : list(folder)) {
            if (isHex(first, 2)) {
                for (Path second : list(first)) {
                    String object = "" + first.getFileName() + second.getFileName();
                    for (Path file :
                            isHex(second, HASH_DIGITS - 2) ? list(second) : List.<Path>of()) {
                        Slot slot = slot(object, "" + file.getFileName());
                        if (slot != null) {
                            found.add(new Found(slot, Files.getLastModifiedTime(file).toMillis()));
                        }
                    }
                }
            }
        }
        found.sort(Comparator.comparingLong(Found::modifiedAtMs));
        found.forEach(one -> keep(one.slot));
    }

    private static @Nullable Slot slot(String object, String name) {
        if (!name.matches("[0-9a-f]{16}-[0-9a-f]{8}")) {
            return null;
        }
        long position = Long.parseUnsignedLong(name.substring(0, 16), 16);
        long length = Long.parseLong(name.substring(17), 16);
        return position < 0 || length == 0 || length > RangeFile.MAX_BYTES
                ? null
                : new Slot(object, position, (int) length);
    }

    private static boolean isHex(Path path, int digits) {
        return ("" + path.getFileName()).matches("[0-9a-f]{" + digits + "}");
    }

    private static boolean isEmpty(Path folder) throws IOException {
        return list(folder).isEmpty();
    }

    private static List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.toList();
        }
    }

    private static String hash(String object) {
        return Sha256.hex(object.getBytes(StandardCharsets.UTF_8)).substring(0, HASH_DIGITS);
    }

    private void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            failed("delete a file of", e);
        }
    }

    /// Told once: a cache on a full disk fails with every range.
    private void failed(String what, IOException e) {
        failures.increment();
        if (!warned) {
            warned = true;
            log.warn("cannot {} disk cache {}; further failures are only counted", what, folder, e);
        }
    }
}
