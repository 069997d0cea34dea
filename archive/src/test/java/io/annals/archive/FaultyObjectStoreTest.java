package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.FaultyObjectStore.Fault;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class FaultyObjectStoreTest {
    private final ObjectStore store = new InMemoryObjectStore(Clock.systemUTC());
    private final FaultyObjectStore faulty = new FaultyObjectStore(store, 1);

    @Test
    void failsWithoutEffect() throws Exception {
        faulty.failAfter(1, Fault.FAIL_BEFORE);

        faulty.createIfAbsent("a", new byte[1]);
        assertThatThrownBy(() -> faulty.createIfAbsent("b", new byte[1]))
                .isInstanceOf(ObjectStoreException.class);

        assertThatThrownBy(() -> store.size("b")).isInstanceOf(NoSuchObjectException.class);
        assertThat(faulty.createIfAbsent("b", new byte[1])).isTrue();
    }

    @Test
    void losesTheAnswerOfWhatItDid() throws Exception {
        faulty.failAfter(0, Fault.LOST_ANSWER);

        assertThatThrownBy(() -> faulty.createIfAbsent("a", new byte[1]))
                .isInstanceOf(ObjectStoreException.class);

        assertThat(store.size("a")).isEqualTo(1);
        assertThat(new ObjectRegistryStore(faulty).createIfAbsent("a", new byte[1])).isTrue();
    }

    @Test
    void damagesReads() throws Exception {
        store.createIfAbsent("a", new byte[100]);

        faulty.failAfter(0, Fault.FLIPPED_BIT);
        byte[] read = new byte[100];
        faulty.read("a", 0, 100).get(read);
        int ones = 0;
        for (byte b : read) {
            ones += Integer.bitCount(b & 0xff);
        }
        assertThat(ones).isEqualTo(1);

        faulty.failAfter(0, Fault.SHORT_READ);
        assertThatThrownBy(() -> faulty.read("a", 0, 100))
                .isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void isDeadAfterACrashUntilHealed() throws Exception {
        faulty.crashAfter(1);

        faulty.createIfAbsent("a", new byte[1]);
        assertThatThrownBy(() -> faulty.createIfAbsent("b", new byte[1]))
                .isInstanceOf(ObjectStoreException.class);
        assertThatThrownBy(() -> faulty.size("a")).isInstanceOf(ObjectStoreException.class);

        faulty.heal();
        assertThat(faulty.size("a")).isEqualTo(1);
    }
}
