package io.annals.registry;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The right of one server to write to an archive, until another one claims it.
///
/// Each claim is an object of the next number, created if that is free, so of several claimants one
/// wins. It is never given back or renewed in place: an owner is whoever has the newest claim, and
/// a server that finds a newer one than its own is fenced, for good. Nothing of this depends on
/// clocks. Signs of life ([#renew]) and their absence only decide when somebody else *may* claim,
/// so that the second server on an archive gets an error instead of the archive.
///
/// Three things keep a fenced server from harm, whatever it was doing when it was fenced
/// (`docs/adr/0026`): the new owner's first delta takes the number that the old one's next commit
/// needs; a commit counts only after the store was asked for newer claims ([#confirm], after the
/// delta is there); and creations and deletions ask before ([#require]).
///
/// Thread-safe.
public final class ArchiveLease implements Fence {
    private static final Logger LOG = LoggerFactory.getLogger(ArchiveLease.class);

    /// However long a foreign lease says it is, nobody waits longer for it.
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(15);

    private static final int LOOKS_PER_LEASE = 20;

    private final RegistryStore store;
    private final OwnerObjects owners;
    private final LeaseTime time;
    private final OwnerClaim claim;

    /// By the clock that nobody sets, when the store was last asked and told of no newer claim.
    private final AtomicLong confirmedNanos;

    private volatile Optional<String> fenced = Optional.empty();

    /// Guarded by this.
    private long renewals;

    private ArchiveLease(
            RegistryStore store, OwnerObjects owners, LeaseTime time, OwnerClaim claim) {
        this.store = store;
        this.owners = owners;
        this.time = time;
        this.claim = claim;
        this.confirmedNanos = new AtomicLong(time.nanos());
    }

    /// Writes nothing, and returns when the archive may be claimed: nobody has it; its owner
    /// released it, is the same server, or showed no sign of life for as long as its lease is; or
    /// it is to be taken over.
    ///
    /// @return the newest epoch, to be given to [#claim]
    /// @throws ArchiveHeldException if its owner is alive
    public static long await(
            RegistryStore store, LeaseHolder holder, LeaseRequest request, LeaseTime time)
            throws IOException {
        OwnerObjects owners = new OwnerObjects(store);
        if (request == LeaseRequest.TAKE_OVER) {
            return owners.newestEpoch(); // whatever its object says
        }
        Optional<OwnerObjects.Found> newest = owners.newest();
        if (newest.isEmpty()) {
            return 0;
        }
        OwnerObjects.Found found = newest.get();
        OwnerClaim owner = found.claim();
        if (found.released() || owner.server().equals(holder.server())) {
            return owner.epoch();
        }
        long waitMs = Math.clamp(owner.leaseMs(), 1, LONGEST_WAIT.toMillis());
        LOG.warn(
                "the archive is owned by {}; watching for {} ms whether it is alive"
                        + " (--take-over does not wait)",
                owner.describe(),
                waitMs);
        long begin = time.nanos();
        while (time.nanos() - begin < Duration.ofMillis(waitMs).toNanos()) {
            sleep(time, Math.max(1, waitMs / LOOKS_PER_LEASE));
            OwnerObjects.Found now = owners.newest().orElse(found);
            if (now.released() && now.claim().equals(owner)) {
                return owner.epoch();
            }
            if (!now.isSameSignAs(found)) {
                throw held(now);
            }
        }
        LOG.warn("no sign of life of {} for {} ms: taking the archive", owner.describe(), waitMs);
        return owner.epoch();
    }

    private static ArchiveHeldException held(OwnerObjects.Found found) {
        return new ArchiveHeldException(
                found.claim(),
                "its last sign of life was at " + Instant.ofEpochMilli(found.renewedAtMs()));
    }

    private static void sleep(LeaseTime time, long millis) throws InterruptedIOException {
        try {
            time.sleep(millis);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the archive's owner");
        }
    }

    /// Takes the archive.
    ///
    /// @param epoch the newest one, as [#await] returned it
    /// @throws ArchiveHeldException if somebody else took it since
    public static ArchiveLease claim(
            RegistryStore store, LeaseHolder holder, long epoch, LeaseTime time)
            throws IOException {
        OwnerObjects owners = new OwnerObjects(store);
        OwnerClaim claim = holder.claim(epoch + 1, time.millis());
        if (!store.createIfAbsent(ObjectKeys.owner(epoch + 1), RegistryFormat.owner(claim))) {
            throw held(
                    owners.newest()
                            .orElseThrow(() ->
                                    new IOException(
                                            ObjectKeys.owner(epoch + 1)
                                                    + " is taken, but cannot be read")));
        }
        ArchiveLease lease = new ArchiveLease(store, owners, time, claim);
        try {
            owners.tidy(claim);
        } catch (IOException e) {
            LOG.warn("objects of earlier owners stay until the next start: {}", e.toString());
        }
        return lease;
    }

    @Override
    public long epoch() {
        return claim.epoch();
    }

    @Override
    public void admit(long epoch) throws FencedException {
        if (epoch > claim.epoch()) {
            throw fence(successor());
        }
    }

    @Override
    public void confirm() throws IOException {
        requireNotFenced();
        long begin = time.nanos();
        if (store.exists(ObjectKeys.owner(claim.epoch() + 1))) {
            throw fence(successor());
        }
        boolean wasSilent = begin - confirmedNanos.get() > lease().toNanos();
        if (wasSilent && !store.exists(ObjectKeys.owner(claim.epoch()))) {
            throw fence("very many others owned it since"); // see OwnerObjects.tidy
        }
        confirmedNanos.accumulateAndGet(begin, Math::max);
    }

    /// Makes sure that this was the newest owner at most so long ago.
    ///
    /// @throws FencedException if it is not
    public void require(Duration maxAge) throws IOException {
        requireNotFenced();
        if (time.nanos() - confirmedNanos.get() > maxAge.toNanos()) {
            confirm();
        }
    }

    /// Shows a sign of life, if this is still the newest owner.
    ///
    /// @throws FencedException if it is not
    public synchronized void renew() throws IOException {
        confirm();
        write(false);
    }

    /// Leaves the archive to others, who need not wait. Nothing may be written after it.
    public synchronized void release() throws IOException {
        if (fenced.isEmpty()) {
            write(true);
        }
    }

    private void write(boolean released) throws IOException {
        OwnerRenewal renewal =
                new OwnerRenewal(claim.epoch(), renewals + 1, time.millis(), released);
        // taken: by this very lease, whose answer was lost
        boolean written =
                store.createIfAbsent(
                        ObjectKeys.renewal(claim.epoch(), renewal.number()),
                        RegistryFormat.renewal(renewal));
        renewals++;
        if (!written && released) {
            write(true);
            return;
        }
        if (renewals > 1) {
            store.delete(ObjectKeys.renewal(claim.epoch(), renewals - 1));
        }
    }

    /// Why this server may not write to the archive any more, if that is so.
    public Optional<String> fenced() {
        return fenced;
    }

    /// Since the store last confirmed that this is the newest owner.
    public Duration age() {
        return Duration.ofNanos(Math.max(0, time.nanos() - confirmedNanos.get()));
    }

    public Duration lease() {
        return Duration.ofMillis(claim.leaseMs());
    }

    private String successor() {
        try {
            return owners.claim(claim.epoch() + 1)
                    .map(OwnerClaim::describe)
                    .orElse("somebody else");
        } catch (IOException | CorruptRegistryException | UnsupportedRegistryVersionException e) {
            return "somebody else, of whom nothing can be read: " + e;
        }
    }

    private FencedException fence(String successor) {
        String why =
                ("fenced: another server owns the archive (object %s: %s). Nothing is written to the"
                                + " archive by this one any more; what it has that is not archived stays in its"
                                + " data directory. Stop one of the two; a restart takes the archive back once"
                                + " it is free, or at once with --take-over")
                        .formatted(ObjectKeys.owner(claim.epoch() + 1), successor);
        if (fenced.isEmpty()) {
            LOG.error("{}", why);
        }
        fenced = Optional.of(why);
        return new FencedException(why);
    }

    private void requireNotFenced() throws FencedException {
        if (fenced.isPresent()) {
            throw new FencedException(fenced.get());
        }
    }
}
