package io.annals.wal;

/// Producer ids `[first, end)`, handed out once.
public record ProducerIdBlock(long first, long end) {}
