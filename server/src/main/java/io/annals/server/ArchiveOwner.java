package io.annals.server;

import io.annals.archive.MeteredObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.OwnedObjectStore;
import io.annals.registry.ArchiveHeldException;
import io.annals.registry.ArchiveLease;
import io.annals.registry.CorruptRegistryException;
import io.annals.registry.FencedException;
import io.annals.registry.LeaseHolder;
import io.annals.registry.LeaseRequest;
import io.annals.registry.LeaseTime;
import io.annals.server.StartException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This server's lease on the archive that it writes: taken before anything else is written there,
/// renewed on a thread of its own, released by closing. Thread-safe.
public final class ArchiveOwner implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ArchiveOwner.class);
    private static final int RENEWALS_PER_LEASE = 3;
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(10);
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    private final ArchiveLease lease;
    private final MeteredObjectStore requests;
    private final ObjectStore objects;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;
    private volatile Optional<String> problem = Optional.empty();

    private ArchiveOwner(ArchiveLease lease, MeteredObjectStore requests, ObjectStore store) {
        this.lease = lease;
        this.requests = requests;
        this.objects = new OwnedObjectStore(store, lease);
        this.thread = Thread.ofPlatform().name("archive-lease").daemon().unstarted(this::run);
    }

    /// @param store through which everything goes
    /// @param opened the same as [ArchiveStore#open] returned it
    public record Place(ObjectStore store, ObjectStore opened) {}

    /// The server of a data directory.
    public static LeaseHolder holder(Settings settings, DataDirectory directory)
            throws StartException {
        return new LeaseHolder(
                directory.serverId(),
                Uuid.randomUuid().toString(),
                hostName(),
                ProcessHandle.current().pid(),
                ArchivingSettings.lease(settings));
    }

    /// Takes the archive, if need be after waiting whether its owner is alive.
    ///
    /// @throws StartException if another server has it, or the store will not do; nothing is
    ///   written then
    public static ArchiveOwner take(
            Place place, LeaseHolder holder, LeaseRequest request, LeaseTime time)
            throws StartException, IOException {
        MeteredObjectStore requests = new MeteredObjectStore(place.store);
        ObjectRegistryStore objects = new ObjectRegistryStore(requests);
        try {
            long epoch = ArchiveLease.await(objects, holder, request, time);
            ArchiveStore.requireWritable(place.opened);
            ArchiveOwner owner =
                    new ArchiveOwner(
                            ArchiveLease.claim(objects, holder, epoch, time),
                            requests,
                            place.store);
            owner.thread.start();
            return owner;
        } catch (ArchiveHeldException e) {
            throw new StartException(Reason.ARCHIVE_OWNED, String.valueOf(e.getMessage()), e);
        } catch (CorruptRegistryException e) {
            throw new StartException(
                    Reason.ARCHIVE_UNUSABLE,
                    ("it cannot be told who owns the archive: %s. Make sure that no other server"
                                    + " runs on it, and start with --take-over")
                            .formatted(e.getMessage()),
                    e);
        }
    }

    private static String hostName() {
        try {
            return Files.isReadable(HOST_NAME)
                    ? Files.readString(HOST_NAME).strip()
                    : InetAddress.getLocalHost().getHostName();
        } catch (IOException _) {
            return "(unknown)";
        }
    }

    /// The archive, for as long as this server owns it.
    public ObjectStore objects() {
        return objects;
    }

    public ArchiveLease lease() {
        return lease;
    }

    /// What the lease alone asks of the store.
    MeteredObjectStore requests() {
        return requests;
    }

    /// Why this server may not write to the archive any more, if that is so.
    Optional<String> fenced() {
        return lease.fenced();
    }

    /// Why no sign of life gets through, if that is so.
    List<String> problems() {
        return problem.stream().toList();
    }

    private void run() {
        long intervalMs = Math.max(1, lease.lease().toMillis() / RENEWALS_PER_LEASE);
        try {
            while (!closed.await(intervalMs, TimeUnit.MILLISECONDS) && lease.fenced().isEmpty()) {
                renew();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void renew() {
        try {
            lease.renew();
            problem = Optional.empty();
        } catch (FencedException e) {
            problem = Optional.empty(); // readiness says it, and the lease logged it
        } catch (IOException | RuntimeException e) {
            if (problem.isEmpty()) {
                log.warn("the lease on the archive cannot be renewed, trying again: {}", e);
            }
            problem =
                    Optional.of(
                            ("the lease on the archive cannot be renewed; after %d ms another server"
                                            + " may take it: %s")
                                    .formatted(lease.lease().toMillis(), e));
        }
    }

    /// Releases the archive: whoever comes next need not wait. What writes to it is closed before.
    /// If the store is away, whoever comes next waits for the lease.
    @Override
    public void close() {
        closed.countDown();
        try {
            if (thread.join(CLOSE_BOUND) && problem.isEmpty()) {
                lease.release();
                return;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            problem = Optional.of(e.toString());
        }
        log.warn(
                "the archive is not released, another server waits {} ms for it: {}",
                lease.lease().toMillis(),
                problem.orElse("the store does not answer"));
    }
}
