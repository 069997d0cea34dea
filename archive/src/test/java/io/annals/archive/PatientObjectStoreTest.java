package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PatientObjectStoreTest {
    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());
    private final AtomicInteger calls = new AtomicInteger();

    /// @param failures so many calls fail, creations after they were done
    private ObjectStore patient(int failures, ObjectStoreException failure) {
        return new PatientObjectStore(
                new ObjectStoreView(objects) {
                    @Override
                    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
                        boolean created = super.createIfAbsent(key, bytes);
                        fail();
                        return created;
                    }

                    @Override
                    public ByteBuffer read(String key, long position, int length)
                            throws IOException {
                        fail();
                        return super.read(key, position, length);
                    }

                    private void fail() throws IOException {
                        if (calls.incrementAndGet() <= failures) {
                            throw failure;
                        }
                    }
                });
    }

    @Test
    void whatMayPassIsTriedAgainButNotForEver() throws Exception {
        ObjectStoreException passing = new ObjectStoreException("k", "is busy", true);
        assertThat(patient(2, passing).createIfAbsent("k", new byte[] {7}))
                .as("it found its own")
                .isFalse();
        calls.set(0);
        assertThat(patient(2, passing).read("k", 0, 1).get(0)).isEqualTo((byte) 7);
        calls.set(0);
        assertThatThrownBy(() -> patient(9, passing).read("k", 0, 1)).isSameAs(passing);
        assertThat(calls.get()).isEqualTo(PatientObjectStore.TRIES);
    }

    @Test
    void whatCannotPassIsNot() {
        for (ObjectStoreException failure :
                new ObjectStoreException[] {
                    new StoreUnusableException("k", "access is denied"),
                    new NoSuchObjectException("k"),
                    new StoreFullException("k", new IOException("full"))
                }) {
            calls.set(0);
            assertThatThrownBy(() -> patient(9, failure).read("k", 0, 1)).isSameAs(failure);
            assertThat(calls.get()).isOne();
        }
    }
}
