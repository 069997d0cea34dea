package io.annals.archive;

import io.annals.registry.RegistryStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The registry's objects in the object store, under the keys of `io.annals.registry.ObjectKeys`.
/// Thread-safe.
public final class ObjectRegistryStore implements RegistryStore {
    private final ObjectStore objects;

    public ObjectRegistryStore(ObjectStore objects) {
        this.objects = objects;
    }

    @Override
    public boolean createIfAbsent(String name, byte[] bytes) throws IOException {
        return objects.createIfAbsent(name, bytes)
                || read(name).filter(present -> Arrays.equals(present, bytes)).isPresent();
    }

    @Override
    public Optional<byte[]> read(String name) throws IOException {
        try {
            long size = objects.size(name);
            if (size > Integer.MAX_VALUE - 8) {
                throw new CorruptObjectException(name, "size", "at most 2 GiB", size + " bytes");
            }
            return Optional.of(bytes(objects.read(name, 0, (int) size)));
        } catch (NoSuchObjectException expected) {
            return Optional.empty();
        }
    }

    private static byte[] bytes(ByteBuffer read) {
        boolean isAll =
                read.hasArray()
                        && read.arrayOffset() == 0
                        && read.remaining() == read.array().length;
        if (isAll) {
            return read.array(); // it is ours alone
        }
        byte[] bytes = new byte[read.remaining()];
        read.get(bytes);
        return bytes;
    }

    /// One request, also if there is none.
    @Override
    public boolean exists(String name) throws IOException {
        try {
            objects.read(name, 0, 1);
            return true;
        } catch (NoSuchObjectException expected) {
            return false;
        }
    }

    @Override
    public List<String> list(String prefix) throws IOException {
        List<String> names = new ArrayList<>();
        objects.list(prefix, object -> names.add(object.key()));
        return names;
    }

    @Override
    public void delete(String name) throws IOException {
        objects.delete(name);
    }
}
