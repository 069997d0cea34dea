package io.annals.registry;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;

/// A registry store in memory that fails when told to. Thread-safe, but the faults are meant for
/// one thread.
final class FaultyRegistryStore implements RegistryStore {
    private final ConcurrentSkipListMap<String, byte[]> objects;
    private int writesUntilFault = Integer.MAX_VALUE;
    private final Deque<Fault> faults = new ArrayDeque<>();
    private boolean crashed;
    private String refusedPrefix = "nothing";
    private final Queue<String> reads = new ConcurrentLinkedQueue<>();

    /// What happens at the chosen write.
    enum Fault {
        /// Nothing is written, the call fails; the next ones work.
        BEFORE,
        /// The object is written, the call fails; the next ones work.
        LOST_ANSWER,
        /// Nothing is written; no call ever works again.
        CRASH_BEFORE,
        /// The object is written; no call ever works again.
        CRASH_AFTER
    }

    FaultyRegistryStore() {
        this(new ConcurrentSkipListMap<>());
    }

    private FaultyRegistryStore(ConcurrentSkipListMap<String, byte[]> objects) {
        this.objects = objects;
    }

    /// The same objects, as another process sees them: without the faults.
    FaultyRegistryStore afterRestart() {
        return new FaultyRegistryStore(objects);
    }

    /// The write after `writes` further ones fails.
    void failAfter(int writes, Fault what) {
        writesUntilFault = writes;
        faults.add(what);
    }

    /// The write after the one that was chosen to fail fails too.
    void failAgain(Fault what) {
        faults.add(what);
    }

    /// From now on names that start like this cannot be created.
    void refuseNames(String prefix) {
        refusedPrefix = prefix;
    }

    @Override
    public boolean createIfAbsent(String name, byte[] bytes) throws IOException {
        requireAlive();
        if (name.startsWith(refusedPrefix)) {
            throw new IOException("refused: " + name);
        }
        Fault fault = writesUntilFault-- <= 0 ? faults.poll() : null;
        if (fault == Fault.BEFORE || fault == Fault.CRASH_BEFORE) {
            crashed = fault == Fault.CRASH_BEFORE;
            throw new IOException("refused: " + name);
        }
        byte[] present = objects.putIfAbsent(name, bytes.clone());
        if (fault != null) {
            crashed = fault == Fault.CRASH_AFTER;
            throw new IOException("the answer was lost: " + name);
        }
        return present == null || Arrays.equals(present, bytes);
    }

    @Override
    public Optional<byte[]> read(String name) throws IOException {
        requireAlive();
        reads.add(name);
        return Optional.ofNullable(objects.get(name)).map(byte[]::clone);
    }

    @Override
    public List<String> list(String prefix) throws IOException {
        requireAlive();
        return objects.tailMap(prefix).keySet().stream()
                .takeWhile(name -> name.startsWith(prefix))
                .toList();
    }

    @Override
    public void delete(String name) throws IOException {
        requireAlive();
        objects.remove(name);
    }

    /// Names that were read since the last call.
    List<String> takeReads() {
        List<String> taken = List.copyOf(reads);
        reads.clear();
        return taken;
    }

    void overwrite(String name, byte[] bytes) {
        objects.put(name, bytes);
    }

    private void requireAlive() throws IOException {
        if (crashed) {
            throw new IOException("the process is dead");
        }
    }
}
