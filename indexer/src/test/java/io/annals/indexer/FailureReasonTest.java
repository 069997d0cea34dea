package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class FailureReasonTest {

    @Test
    void aFailureWithoutAMessageIsNamedByItsClass() {
        assertThat(FailureReason.of(new IOException("disk full"))).isEqualTo("disk full");
        assertThat(FailureReason.of(new EOFException())).isEqualTo("java.io.EOFException");
        assertThat(FailureReason.of(new IllegalStateException("")))
                .isEqualTo("java.lang.IllegalStateException");
    }
}
