package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Another store, whose reads and creations are tried again where the failure says that it makes
/// sense: for work of many requests that nobody waits for, where one that fails would undo what the
/// others did. This comes on top of the tries that a store makes by itself. Thread-safe; closed
/// with the other store.
///
/// A creation that is tried again may find the key taken by itself: only for callers that read back
/// what is there.
public final class PatientObjectStore extends ObjectStoreView {
    static final int TRIES = 3;

    public PatientObjectStore(ObjectStore store) {
        super(store);
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws IOException;
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        return patiently(() -> super.createIfAbsent(key, file));
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        return patiently(() -> super.createIfAbsent(key, bytes));
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        return patiently(() -> super.read(key, position, length));
    }

    @Override
    public long size(String key) throws IOException {
        return patiently(() -> super.size(key));
    }

    private static <T> T patiently(Call<T> call) throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                return call.run();
            } catch (ObjectStoreException e) {
                boolean again = e.retriable() && !(e instanceof StoreFullException);
                if (!again || tries == TRIES) {
                    throw e;
                }
            }
        }
    }
}
