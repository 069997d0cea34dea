package io.annals.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;

/// The owner objects of a store: claims, numbered without a gap, and renewals. Thread-safe, keeps
/// nothing.
final class OwnerObjects {
    /// Claims are tidied away when there are so many, the oldest first, down to half of them.
    static final int MOST_CLAIMS = 1000;

    private static final int ATTEMPTS = 10;

    private final RegistryStore store;

    OwnerObjects(RegistryStore store) {
        this.store = store;
    }

    /// The newest owner and its newest sign of life.
    ///
    /// @param number of the newest renewal, 0 if there is none
    /// @param renewedAtMs wall clock of the owner's machine, for people
    record Found(OwnerClaim claim, long number, long renewedAtMs, boolean released) {

        boolean isSameSignAs(Found other) {
            return claim.equals(other.claim) && number == other.number;
        }
    }

    /// Empty if nobody ever owned the store. A listing may be older than the last claims; the
    /// claims themselves are not.
    Optional<Found> newest() throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long epoch = newestEpoch();
            if (epoch == 0) {
                return Optional.empty();
            }
            Optional<OwnerClaim> claim = claim(epoch);
            if (claim.isPresent()) {
                return Optional.of(withSign(claim.get()));
            } // many others came meanwhile
        }
        throw new IOException("%s change too fast to be read".formatted(ObjectKeys.OWNERS));
    }

    /// 0 if nobody ever owned the store.
    long newestEpoch() throws IOException {
        NavigableSet<Long> epochs = epochs();
        long epoch = epochs.isEmpty() ? 0 : epochs.last();
        while (store.exists(ObjectKeys.owner(epoch + 1))) {
            epoch++;
        }
        return epoch;
    }

    Optional<OwnerClaim> claim(long epoch) throws IOException {
        String name = ObjectKeys.owner(epoch);
        return store.read(name).map(bytes -> RegistryFormat.owner(name, bytes));
    }

    private Found withSign(OwnerClaim claim) throws IOException {
        List<String> renewals = store.list(ObjectKeys.renewals(claim.epoch()));
        if (renewals.isEmpty()) {
            return new Found(claim, 0, claim.claimedAtMs(), false);
        }
        String name = renewals.getLast();
        long number = ObjectKeys.renewalNumber(name).orElse(0);
        Optional<OwnerRenewal> renewal =
                store.read(name).map(bytes -> RegistryFormat.renewal(name, bytes));
        return renewal.isPresent()
                ? new Found(claim, number, renewal.get().renewedAtMs(), renewal.get().released())
                : new Found(claim, number, claim.claimedAtMs(), false); // the next one is there
    }

    /// Removes the signs of life of earlier owners, and their claims when there are very many. The
    /// oldest go first: who finds its own claim in its place knows that the one after it never
    /// went.
    void tidy(OwnerClaim newest) throws IOException {
        String own = ObjectKeys.renewals(newest.epoch());
        for (String renewal : store.list(ObjectKeys.RENEWALS)) {
            if (renewal.compareTo(own) < 0) {
                store.delete(renewal);
            }
        }
        List<Long> epochs = new ArrayList<>(epochs());
        if (epochs.size() > MOST_CLAIMS) {
            for (long epoch : epochs.subList(0, epochs.size() - MOST_CLAIMS / 2)) {
                store.delete(ObjectKeys.owner(epoch));
            }
        }
    }

    private NavigableSet<Long> epochs() throws IOException {
        NavigableSet<Long> epochs = new TreeSet<>();
        for (String name : store.list(ObjectKeys.OWNERS)) {
            OptionalLong epoch = ObjectKeys.number(name);
            if (epoch.isPresent() && name.equals(ObjectKeys.owner(epoch.getAsLong()))) {
                epochs.add(epoch.getAsLong());
            }
        }
        return epochs;
    }
}
