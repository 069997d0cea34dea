package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.FaultyRegistryStore.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArchiveLeaseTest {
    private static final Duration LEASE = Duration.ofSeconds(30);

    private final FaultyRegistryStore store = new FaultyRegistryStore();
    private final TestTime time = new TestTime();

    @Test
    void theFirstServerTakesANewArchiveAtOnce() throws Exception {
        ArchiveLease lease = take("one");

        assertThat(lease.epoch()).isEqualTo(1);
        assertThat(time.nanos()).isZero();
        lease.confirm();
        lease.require(Duration.ZERO);
    }

    @Test
    void aSecondServerIsToldWhoHasTheArchiveAndWritesNothing() throws Exception {
        ArchiveLease first = take("one");
        time.afterSleep(() -> renewEvery(first, Duration.ofSeconds(10)));
        Map<String, String> before = contents();

        assertThatThrownBy(() -> take("two"))
                .isInstanceOf(ArchiveHeldException.class)
                .hasMessageContaining("object owner/00000000000000000001.json")
                .hasMessageContaining("server one on host host-of-one, process 7")
                .hasMessageContaining("last sign of life was at 2023-11-14T")
                .hasMessageContaining("--take-over");

        assertThat(Duration.ofNanos(time.nanos())).isLessThan(LEASE);
        Map<String, String> after = contents();
        after.keySet().removeIf(name -> name.startsWith(ObjectKeys.RENEWALS)); // the first one's
        assertThat(after).isEqualTo(before);
        first.confirm();
    }

    @Test
    void theSameServerTakesItsLeaseBackAtOnceAfterItWasKilled() throws Exception {
        ArchiveLease killed = take("one");

        ArchiveLease again = take("one");

        assertThat(again.epoch()).isEqualTo(2);
        assertThat(time.nanos()).isZero();
        assertThatThrownBy(killed::confirm).isInstanceOf(FencedException.class);
    }

    @Test
    void aReleasedArchiveIsFreeAtOnce() throws Exception {
        ArchiveLease first = take("one");
        first.renew();
        first.release();

        assertThat(take("two").epoch()).isEqualTo(2);
        assertThat(time.nanos()).isZero();
    }

    @Test
    void anArchiveReleasedWhileSomebodyWaitsIsFreeThen() throws Exception {
        ArchiveLease first = take("one");
        time.afterSleep(() -> {
            if (time.nanos() > Duration.ofSeconds(10).toNanos()) {
                unchecked(first::release);
            }
        });

        assertThat(take("two").epoch()).isEqualTo(2);
        assertThat(Duration.ofNanos(time.nanos())).isLessThan(LEASE);
    }

    @Test
    void aSilentServerLosesTheArchiveAfterItsLeaseHoweverItsClockStood() throws Exception {
        ArchiveLease silent = take("one");
        for (int i = 0; i < 5; i++) {
            silent.renew();
        }
        long begin = time.nanos();

        ArchiveLease next = take("two");

        assertThat(Duration.ofNanos(time.nanos() - begin)).isBetween(LEASE, LEASE.plusSeconds(2));
        assertThat(next.epoch()).isEqualTo(2);
        assertThatThrownBy(silent::renew)
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("object owner/00000000000000000002.json")
                .hasMessageContaining("server two on host host-of-two");
        assertThat(silent.fenced()).isPresent();
        assertThatThrownBy(() -> silent.require(Duration.ofDays(1)))
                .isInstanceOf(FencedException.class);
    }

    @Test
    void takingOverWaitsForNobodyAndReadsNothingOfTheOwner() throws Exception {
        ArchiveLease first = take("one");
        store.overwrite(ObjectKeys.owner(1), "damaged".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> take("two")).isInstanceOf(CorruptRegistryException.class);

        ArchiveLease second = take("two", LeaseRequest.TAKE_OVER);

        assertThat(second.epoch()).isEqualTo(2);
        assertThat(time.nanos()).isZero();
        assertThatThrownBy(first::confirm).isInstanceOf(FencedException.class);
    }

    @Test
    void ofTwoThatClaimAtTheSameTimeOneWins() throws Exception {
        long epoch = ArchiveLease.await(store, holder("one"), LeaseRequest.WAIT, time);
        ArchiveLease.claim(store, holder("two"), epoch, time);

        assertThatThrownBy(() -> ArchiveLease.claim(store, holder("one"), epoch, time))
                .isInstanceOf(ArchiveHeldException.class)
                .hasMessageContaining("server two");
    }

    @Test
    void askingIsSparedWhileTheLastAnswerIsYoungAndDoneAfterASilence() throws Exception {
        ArchiveLease first = take("one");
        take("two", LeaseRequest.TAKE_OVER);

        first.require(Duration.ofSeconds(1)); // nobody asked yet
        time.pass(Duration.ofSeconds(2)); // as a process does that is stopped
        assertThatThrownBy(() -> first.require(Duration.ofSeconds(1)))
                .isInstanceOf(FencedException.class);
    }

    @Test
    void aStoreThatIsAwayNeitherFencesNorConfirms() throws Exception {
        ArchiveLease lease = take("one");
        store.failAfter(0, Fault.BEFORE);
        assertThatThrownBy(lease::renew)
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(FencedException.class);
        assertThat(lease.fenced()).isEmpty();
        store.failAfter(0, Fault.LOST_ANSWER);
        assertThatThrownBy(lease::renew).isInstanceOf(IOException.class);

        time.pass(Duration.ofSeconds(1));
        lease.renew(); // finds its own
        lease.renew();
        assertThat(store.list(ObjectKeys.RENEWALS)).containsExactly(ObjectKeys.renewal(1, 2));
        lease.release();
        assertThat(take("two").epoch()).isEqualTo(2);
        assertThat(time.nanos()).isEqualTo(Duration.ofSeconds(1).toNanos());
    }

    @Test
    void aReleaseWhoseNameIsTakenByALostRenewalIsARelease() throws Exception {
        ArchiveLease lease = take("one");
        store.failAfter(0, Fault.LOST_ANSWER);
        assertThatThrownBy(lease::renew).isInstanceOf(IOException.class);

        lease.release();

        take("two");
        assertThat(time.nanos()).isZero();
    }

    @Test
    void oneOwnersSignsOfLifeAreOneObjectAndClaimsAreBounded() throws Exception {
        ArchiveLease zombie = take("server-0");
        zombie.renew();
        for (int i = 1; i <= OwnerObjects.MOST_CLAIMS + 10; i++) {
            ArchiveLease lease = take("server-" + i, LeaseRequest.TAKE_OVER);
            lease.renew();
            lease.renew();
        }

        List<String> left = store.list(ObjectKeys.OWNERS);
        assertThat(left).hasSizeLessThanOrEqualTo(OwnerObjects.MOST_CLAIMS + 1);
        assertThat(store.list(ObjectKeys.RENEWALS)).hasSize(1);
        // its successor's claim is forgotten, but so is its own
        time.pass(LEASE.plusSeconds(1));
        assertThatThrownBy(zombie::confirm).isInstanceOf(FencedException.class);
    }

    @Test
    void aListingThatIsOlderThanTheLastClaimsIsSeenThrough() throws Exception {
        take("one");
        take("two", LeaseRequest.TAKE_OVER);
        Map<String, String> stale = contents();
        take("three", LeaseRequest.TAKE_OVER);
        RegistryStore lagging =
                new RegistryStoreView(store) {
                    @Override
                    public List<String> list(String prefix) {
                        return stale.keySet().stream()
                                .filter(name -> name.startsWith(prefix))
                                .sorted()
                                .toList();
                    }
                };

        assertThat(ArchiveLease.await(lagging, holder("x"), LeaseRequest.TAKE_OVER, time))
                .isEqualTo(3);
    }

    private void renewEvery(ArchiveLease lease, Duration interval) {
        if (lease.age().compareTo(interval) >= 0) {
            unchecked(lease::renew);
        }
    }

    private ArchiveLease take(String server) throws IOException {
        return take(server, LeaseRequest.WAIT);
    }

    private ArchiveLease take(String server, LeaseRequest request) throws IOException {
        LeaseHolder holder = holder(server);
        return ArchiveLease.claim(
                store, holder, ArchiveLease.await(store, holder, request, time), time);
    }

    static LeaseHolder holder(String server) {
        return new LeaseHolder(server, "start", "host-of-" + server, 7, LEASE);
    }

    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new HashMap<>();
        for (String name : store.list("")) {
            contents.put(name, new String(store.read(name).orElseThrow(), StandardCharsets.UTF_8));
        }
        return contents;
    }

    private static void unchecked(Action action) {
        try {
            action.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @FunctionalInterface
    private interface Action {
        void run() throws IOException;
    }
}
