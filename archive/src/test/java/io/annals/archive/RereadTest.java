package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.RecordSegment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A read that a network damaged is noticed by the checksums and done once more.
class RereadTest {
    private static final int CACHE_BYTES = 1 << 20;

    @TempDir Path folder;

    private ArchiveFixture archive;
    private RecordSegment segment;

    @BeforeEach
    void fill() throws Exception {
        archive = new ArchiveFixture(folder);
        archive.createTopic("clicks", 2);
        archive.seal("clicks", "0-0");
        segment = archive.archive("clicks", 0);
    }

    private List<byte[]> contents(CachedTars tars) throws IOException {
        SeekableTar tar = tars.open(segment.object());
        List<byte[]> contents = new ArrayList<>();
        for (SeekableTar.Entry entry : tar.entries()) {
            contents.add(tar.readAll(entry.name(), 1 << 24));
            ByteArrayOutputStream scanned = new ByteArrayOutputStream();
            tar.scan(entry, chunk -> scanned.writeBytes(chunk.bytes()));
            contents.add(scanned.toByteArray());
        }
        return contents;
    }

    @Test
    void oneWrongBitAnywhereOnTheWayIsReadAgainAndCounted() throws Exception {
        FaultyObjectStore faulty = new FaultyObjectStore(archive.store, 11);
        CachedTars sound = new CachedTars(faulty, CACHE_BYTES, CACHE_BYTES);
        List<byte[]> expected = contents(sound);
        assertThat(sound.rereads()).isZero();
        long operations = faulty.operations();
        assertThat(operations).isPositive();
        long rereads = 0;
        for (int i = 0; i < operations; i++) {
            CachedTars tars = new CachedTars(faulty, CACHE_BYTES, CACHE_BYTES);
            faulty.failAfter(i, FaultyObjectStore.Fault.FLIPPED_BIT);
            assertThat(contents(tars)).containsExactlyElementsOf(expected);
            assertThat(tars.rereads()).isLessThanOrEqualTo(1);
            rereads += tars.rereads();
        }
        assertThat(rereads).isPositive();
    }

    @Test
    void whatIsDamagedInTheStoreFailsAfterOneMoreRead() throws Exception {
        byte[] bytes = archive.bytes(segment.object().key());
        bytes[600] ^= 1; // in the first chunk, behind the tar header
        archive.replace(segment.object().key(), bytes);
        CachedTars tars = new CachedTars(archive.store, CACHE_BYTES, CACHE_BYTES);
        SeekableTar tar = tars.open(segment.object());

        assertThatThrownBy(() -> tar.readAll("records/0.batches", 1 << 24))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining(segment.object().key());
        assertThat(tars.rereads()).isEqualTo(1);
    }
}
