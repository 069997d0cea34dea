package io.annals.registry;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Another store's objects, for tests that change what one call does.
class RegistryStoreView implements RegistryStore {
    private final RegistryStore store;

    RegistryStoreView(RegistryStore store) {
        this.store = store;
    }

    @Override
    public boolean createIfAbsent(String name, byte[] bytes) throws IOException {
        return store.createIfAbsent(name, bytes);
    }

    @Override
    public Optional<byte[]> read(String name) throws IOException {
        return store.read(name);
    }

    @Override
    public List<String> list(String prefix) throws IOException {
        return store.list(prefix);
    }

    @Override
    public void delete(String name) throws IOException {
        store.delete(name);
    }
}
