package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir Path folder;

    @Test
    void aSecondHolderIsRefusedAndToldWhoTheFirstIs() throws Exception {
        try (DataDirectory _ = DataDirectory.open(folder)) {
            StartException e =
                    catchThrowableOfType(
                            StartException.class, () -> DataDirectory.open(folder).close());

            assertThat(e.reason()).isEqualTo(StartException.Reason.DATA_DIRECTORY_LOCKED);
            assertThat(e)
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining("process " + ProcessHandle.current().pid());
        }
    }

    @Test
    void closingLetsTheNextOneIn() throws Exception {
        DataDirectory.open(folder).close();

        DataDirectory.open(folder).close();
    }

    @Test
    void aFileInItsPlaceIsAnErrorThatNamesIt() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");

        StartException e =
                catchThrowableOfType(StartException.class, () -> DataDirectory.open(file).close());

        assertThat(e.reason()).isEqualTo(StartException.Reason.DATA_DIRECTORY_UNUSABLE);
        assertThat(e).hasMessageContaining(file.toString());
    }
}
