package io.annals.archive;

import java.time.Clock;

class InMemoryObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore open() {
        return new InMemoryObjectStore(Clock.systemUTC());
    }
}
